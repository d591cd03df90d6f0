namespace LoadBalancer.Core.Health;

/// <summary>Asks an endpoint whether it still answers.</summary>
public interface IEndpointProbe
{
    /// <summary>True when it answers within the probe's own time limit; never throws.</summary>
    Task<bool> AnswersAsync(string host, int port);
}
