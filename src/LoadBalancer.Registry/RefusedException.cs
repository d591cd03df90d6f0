namespace LoadBalancer.Registry;

/// <summary>What was asked cannot be done; the message names the field and the remedy.</summary>
/// <param name="status">The HTTP status to answer with.</param>
/// <param name="message">For the person who asked.</param>
internal sealed class RefusedException(int status, string message) : Exception(message)
{
    public int Status => status;

    public static RefusedException BadRequest(string message) => new(400, message);
}
