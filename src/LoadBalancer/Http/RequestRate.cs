using LoadBalancer.Core.Resilience;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Http;

/// <summary>Counts a request against the rate of a service.</summary>
internal static class RequestRate
{
    /// <inheritdoc cref="ServiceRateLimit.TryAcquire(System.Net.IPAddress, long, out TimeSpan)"/>
    public static bool TryAcquire(ServiceRateLimit rate, HttpContext context, TrustedNetworks trusted, long now, out TimeSpan retryAfter) =>
        rate.Per.Key == RateLimitKey.Header
            ? rate.TryAcquire(context.Request.Headers[rate.Per.Header].ToString().AsSpan(), now, out retryAfter)
            : rate.TryAcquire(ClientAddress.Of(context, trusted), now, out retryAfter);
}
