using System.Globalization;

namespace LoadBalancer.Soak.Messages;

/// <summary>One request, and what the endpoint is to do with it; the target of the request says all of it.</summary>
/// <param name="Id">Its number, given once.</param>
/// <param name="Method">GET, HEAD, PUT or POST. Only the last one must not reach endpoints twice (RFC 9110 section 9.2.2).</param>
/// <param name="Framing">Of the request's body.</param>
/// <param name="Length">Of the request's body.</param>
/// <param name="AnswerFraming">Of the answer's body.</param>
/// <param name="AnswerLength">Of the answer's body.</param>
/// <param name="Act">What else happens.</param>
internal sealed record Plan(long Id, string Method, Framing Framing, int Length, Framing AnswerFraming, int AnswerLength, Act Act)
{
    public bool IsRepeatable => Method != "POST";

    public string Target => string.Create(CultureInfo.InvariantCulture, $"/{Id}/{(int)Framing}/{Length}/{(int)AnswerFraming}/{AnswerLength}/{(int)Act}");

    /// <summary>Chooses one by chance.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="random">The chance.</param>
    /// <param name="mayFail">Whether the endpoint may do what makes a request fail.</param>
    /// <param name="most">Bytes of a body at most.</param>
    public static Plan Choose(long id, Random random, bool mayFail, int most = 256 * 1024)
    {
        var method = random.Next(10) switch { < 5 => "GET", 5 => "HEAD", 6 => "PUT", _ => "POST" };
        var hasBody = method is "PUT" or "POST";
        var act = random.Next(100) switch
        {
            < 80 => Act.None,
            < 85 => Act.Close,
            < 90 => Act.Interim,
            _ => mayFail ? (Act)random.Next((int)Act.CloseUnsaid, (int)Act.Garbage + 1) : Act.None,
        };
        return new Plan(
            id,
            method,
            hasBody ? random.Next(3) == 0 ? Framing.Chunked : Framing.Length : Framing.None,
            hasBody ? 1 + Size(random, most) : 0,
            // Until the connection ends: then it does end, and says nothing of where.
            random.Next(50) == 0 ? Framing.UntilClose : random.Next(3) == 0 ? Framing.Chunked : Framing.Length,
            Size(random, most),
            act);
    }

    /// <summary>Reads the target of a request.</summary>
    public static Plan Parse(string method, string target)
    {
        var parts = target.Split('/');
        return parts is ["", var id, var framing, var length, var answerFraming, var answerLength, var act]
            ? new Plan(long.Parse(id, CultureInfo.InvariantCulture), method, (Framing)Number(framing), Number(length), (Framing)Number(answerFraming), Number(answerLength), (Act)Number(act))
            : throw new MismatchException($"an endpoint got a request for {target}");
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static int Size(Random random, int most) => random.Next(random.Next(100) switch
    {
        < 80 => Math.Min(most, 2 * 1024),
        < 96 => Math.Min(most, 32 * 1024),
        _ => most,
    });
}
