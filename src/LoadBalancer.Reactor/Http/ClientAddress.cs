using System.Net;
using LoadBalancer.Reactor.Http.Parsing;

namespace LoadBalancer.Reactor.Http;

/// <summary>The address of the client that a request came from.</summary>
internal static class ClientAddress
{
    /// <summary>
    /// The peer; behind trusted proxies the last address of X-Forwarded-For that is none of them, because everything before
    /// it may be made up by the client. Null on a Unix socket, and when a trusted proxy wrote something else.
    /// </summary>
    public static IPAddress? Of(HttpLoop http, HttpConnection client, ReadOnlySpan<byte> head)
    {
        var address = client.Peer;
        var fields = http.Request.Table.Fields;
        for (var i = fields.Length - 1; i >= 0; i--)
        {
            if (fields[i].Kind != FieldKind.XForwardedFor)
            {
                continue;
            }
            var rest = fields[i].Value.Of(head);
            while (!rest.IsEmpty)
            {
                if (!client.Host.IsTrusted(address))
                {
                    return address;
                }
                var comma = rest.LastIndexOf((byte)',');
                address = IPAddress.TryParse(HeadSyntax.Trim(rest[(comma + 1)..]), out var former) ? former : null;
                rest = comma < 0 ? [] : rest[..comma];
            }
        }
        return address;
    }
}
