using System.Net.Sockets;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;
using LoadBalancer.Reactor;

namespace LoadBalancer.Http;

/// <summary>The reactor as an engine of listeners; what it does not do, Kestrel does on the same connection.</summary>
/// <param name="loops">The reactor.</param>
/// <param name="catalog">Where services are found.</param>
/// <param name="router">The routes of this moment.</param>
/// <param name="allSourcesSpoke">Whether every source has spoken.</param>
/// <param name="kestrel">Who takes over.</param>
internal sealed class ReactorEngine(ReactorLoops loops, Catalog catalog, Func<Router> router, Func<bool> allSourcesSpoke, HttpEngine kestrel) : IConnectionHandler
{
    public Catalog Catalog => catalog;

    public Router Router => router();

    public bool AllSourcesSpoke => allSourcesSpoke();

    public Task HandleAsync(Socket connection, Listener listener)
    {
        var host = new ReactorConnection(this, listener);
        loops.Serve(connection, host);
        return host.Completion;
    }

    public Task HandOverAsync(Socket connection, Listener listener, ConnectionOrigin? origin, byte[] received) =>
        kestrel.HandleAsync(connection, listener, origin ?? ConnectionOrigin.Of(connection), received);
}
