using System.Net;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;

namespace LoadBalancer.Tcp;

/// <summary>All connections of a TCP listener go to its service.</summary>
internal sealed class ListenerRouter(Catalog catalog, FirstWord firstWord, TcpLog log) : TcpRouter(catalog, firstWord, log)
{
    public override bool ReadsServerName => false;

    public override bool TryMatch(ListenerSettings settings, string serverName, IPAddress? client, long since, out RouteMatch match)
    {
        if (settings.Service is { } service)
        {
            return TryFind(settings, service, tag: "", since, out match);
        }
        // By another configuration the listener speaks something else now; the connection came before that.
        match = default;
        return true;
    }
}
