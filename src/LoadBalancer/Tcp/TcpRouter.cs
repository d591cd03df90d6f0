using System.Net;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;

namespace LoadBalancer.Tcp;

/// <summary>Says where the connections of a protocol go, the same for every engine. Does not block.</summary>
internal abstract class TcpRouter(Catalog catalog, FirstWord firstWord, TcpLog log)
{
    /// <summary>True when connections begin with a ClientHello, by whose server name they go.</summary>
    public abstract bool ReadsServerName { get; }

    /// <summary>
    /// Looks for the service that a connection goes to, or a fallback of it. False: none is known yet, but a source may still
    /// name it, so ask again in a moment. The match has no service when nobody knows it, which has been said, and is none when
    /// nothing leads the connection anywhere.
    /// </summary>
    /// <param name="settings">The listener's.</param>
    /// <param name="serverName">The server name of the ClientHello; empty for none.</param>
    /// <param name="client">The client's address; null on a Unix socket.</param>
    /// <param name="since">The timestamp since which the connection waits for that.</param>
    /// <param name="match">Where it goes.</param>
    public abstract bool TryMatch(ListenerSettings settings, string serverName, IPAddress? client, long since, out RouteMatch match);

    /// <summary>The same for a service that is named already.</summary>
    protected bool TryFind(ListenerSettings settings, string name, string tag, long since, out RouteMatch match)
    {
        match = new RouteMatch(null, name, tag);
        if (!firstWord.TryFind(name, since, out var service))
        {
            return false;
        }
        if (service is null)
        {
            log.UnknownService(settings.Name, name);
            return true;
        }
        var leftTag = tag.AsSpan();
        var taker = service.Snapshot.FallsBack ? Fallbacks.Find(service, catalog, ref leftTag) : service;
        match = new RouteMatch(taker, taker.Name, leftTag) { FallbackOf = taker == service ? null : service };
        return true;
    }
}
