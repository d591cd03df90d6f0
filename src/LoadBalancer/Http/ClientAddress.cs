using System.Net;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Http;

/// <summary>The address of the client that a request came from.</summary>
internal static class ClientAddress
{
    /// <summary>
    /// The peer; behind trusted proxies the last address of X-Forwarded-For that is none of them, because everything before
    /// it may be made up by the client. Null on a Unix socket, and when a trusted proxy wrote something else.
    /// </summary>
    public static IPAddress? Of(HttpContext context, TrustedNetworks trusted)
    {
        var address = context.Connection.RemoteIpAddress;
        var fields = context.Request.Headers["X-Forwarded-For"];
        for (var i = fields.Count - 1; i >= 0; i--)
        {
            var rest = fields[i].AsSpan();
            while (!rest.IsEmpty)
            {
                if (!trusted.Contains(address))
                {
                    return address;
                }
                var comma = rest.LastIndexOf(',');
                address = IPAddress.TryParse(rest[(comma + 1)..].Trim(), out var former) ? former : null;
                rest = comma < 0 ? [] : rest[..comma];
            }
        }
        return address;
    }
}
