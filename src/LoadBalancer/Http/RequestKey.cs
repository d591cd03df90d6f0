using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LoadBalancer.Http;

/// <summary>The key of a request that balancing by hash goes by.</summary>
internal static class RequestKey
{
    /// <summary>The hash of the key, or null when the request has none. Of a header field that comes several times the first counts.</summary>
    public static ulong? HashOf(HttpContext context, HashKey key, TrustedNetworks trusted) => key.Kind switch
    {
        HashKeyKind.Source => KeyHash.Of(ClientAddress.Of(context, trusted)),
        HashKeyKind.Header => context.Request.Headers.TryGetValue(key.Name, out var values) && values.Count > 0 ? KeyHash.Of(values[0]) : null,
        HashKeyKind.Cookie => OfCookie(context.Request, key.Name),
        HashKeyKind.Path => KeyHash.Of(RequestTarget.PathOf(context.Features.Get<IHttpRequestFeature>()!.RawTarget)),
        HashKeyKind.Query => KeyHash.OfQuery(context.Request.QueryString.Value, key.Name),
        _ => throw new ArgumentOutOfRangeException(nameof(key), key, null),
    };

    // HTTP/2 may send each cookie in a field of its own (RFC 9113 section 8.2.3).
    private static ulong? OfCookie(HttpRequest request, string name)
    {
        foreach (var field in request.Headers.Cookie)
        {
            if (KeyHash.OfCookie(field, name) is { } hash)
            {
                return hash;
            }
        }
        return null;
    }
}
