using LoadBalancer.Core.Routing;
using LoadBalancer.Core.Stickiness;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using HttpRequestHeaders = System.Net.Http.Headers.HttpRequestHeaders;

namespace LoadBalancer.Http;

/// <summary>
/// The cookie of a sticky service on its way: read and taken off the request, so that it is the balancer's alone, and set on
/// the answer when the client must get another.
/// </summary>
internal static class StickyCookies
{
    /// <summary>What the client's cookie says; null when nothing.</summary>
    public static ulong? Read(HttpRequest request, StickyTable sticky)
    {
        // HTTP/1.1 clients may send several fields, too.
        foreach (var field in request.Headers.Cookie)
        {
            if (sticky.Read(field) is { } token)
            {
                return token;
            }
        }
        return null;
    }

    /// <summary>Takes the cookie off a request to an endpoint; the other cookies stay as they are.</summary>
    public static void Remove(StringValues cookies, StickyTable sticky, HttpRequestHeaders headers)
    {
        var field = string.Join("; ", (IEnumerable<string?>)cookies);
        var rest = field.AsSpan();
        if (!CookieField.TryTake(ref rest, sticky.Cookie, out _))
        {
            return;
        }
        headers.Remove(HeaderNames.Cookie);
        var buffer = new char[field.Length];
        if (CookieField.CopyWithout(field, sticky.Cookie, buffer) is > 0 and var length)
        {
            headers.TryAddWithoutValidation(HeaderNames.Cookie, new string(buffer, 0, length));
        }
    }

    /// <summary>Sets the cookie on an answer. It is for one client, so no shared cache may keep the answer (RFC 9111 section 5.2.2.7).</summary>
    public static void Set(HttpContext context, StickyTable sticky, ulong token, TrustedNetworks trusted)
    {
        var headers = context.Response.Headers;
        headers.Append(HeaderNames.SetCookie, sticky.SetCookie(token, IsTls(context, trusted)));
        if (!IsPrivate(headers.CacheControl))
        {
            headers.Append(HeaderNames.CacheControl, CacheControlHeaderValue.PrivateString);
        }
    }

    private static bool IsTls(HttpContext context, TrustedNetworks trusted) =>
        context.Request.IsHttps
        || (context.Request.Headers["X-Forwarded-Proto"] is [{ } scheme] && scheme.Equals("https", StringComparison.OrdinalIgnoreCase) && trusted.Contains(context.Connection.RemoteIpAddress));

    private static bool IsPrivate(StringValues fields) =>
        fields.Any(static field => field is not null && field.Split(',', StringSplitOptions.TrimEntries).Any(static directive =>
            directive.Equals(CacheControlHeaderValue.PrivateString, StringComparison.OrdinalIgnoreCase) || directive.Equals(CacheControlHeaderValue.NoStoreString, StringComparison.OrdinalIgnoreCase)));
}
