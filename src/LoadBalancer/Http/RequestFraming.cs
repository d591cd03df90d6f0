using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Http;

/// <summary>Refuses requests whose end could be read in two ways; Kestrel lets these pass (RFC 9112 sections 6.1 and 6.3).</summary>
internal static class RequestFraming
{
    /// <summary>Where Kestrel puts the Content-Length of a request that has a Transfer-Encoding, too.</summary>
    private const string SetAside = "X-Content-Length";

    /// <summary>What is wrong, or null.</summary>
    public static (int Status, string Text)? Problem(HttpRequest request)
    {
        if (request.Headers.TransferEncoding is { Count: > 0 } coding)
        {
            if (!coding.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase))
            {
                // Only the chunks are taken off on the way: the endpoint would take what is left for the body.
                return (StatusCodes.Status501NotImplemented, "No other transfer coding than chunked is understood here.");
            }
            if (request.Headers.ContainsKey(SetAside))
            {
                return (StatusCodes.Status400BadRequest, "The request gives its length twice, by Content-Length and by Transfer-Encoding.");
            }
        }
        return null;
    }
}
