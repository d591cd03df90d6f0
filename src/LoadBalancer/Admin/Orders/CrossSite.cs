using System.Net;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Admin.Orders;

/// <summary>
/// Keeps other sites' pages in an operator's browser from giving orders: the admin interface has no password, and a loopback
/// address is no barrier to a browser on the same machine.
/// </summary>
internal static class CrossSite
{
    /// <summary>
    /// True for a request that a browser sends for a page of another site. Browsers say with every request that changes
    /// something for whose page it is (Fetch standard, section 3.2 "Origin header"); other clients do not. The name of the host
    /// must be an address or localhost, because any other name may be made to mean this machine (DNS rebinding).
    /// </summary>
    public static bool IsFrom(HttpRequest request)
    {
        if (request.Headers.Origin.Count == 0)
        {
            return false;
        }
        var isLocalName = request.Host.Host == "localhost" || IPAddress.TryParse(request.Host.Host.Trim('[', ']'), out _);
        return !isLocalName
            || !Uri.TryCreate(request.Headers.Origin, UriKind.Absolute, out var origin)
            || !origin.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }
}
