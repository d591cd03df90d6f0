using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LoadBalancer.Http;

/// <summary>Which requests may be sent twice.</summary>
internal static class Repeatable
{
    /// <summary>True when doing the request twice is the same as doing it once, and all of it can be sent again.</summary>
    public static bool Is(HttpContext context, Exchange exchange) =>
        IsIdempotent(context) && (exchange.Body is { } body ? body.TryHold() : !HasBody(context));

    /// <summary>True for the methods of RFC 9110 section 9.2.2.</summary>
    public static bool IsIdempotent(HttpContext context)
    {
        var method = context.Request.Method;
        return HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)
            || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) || HttpMethods.IsTrace(method);
    }

    public static bool HasBody(HttpContext context) => context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };
}
