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
internal sealed class ReactorEngine(ReactorLoops loops, Catalog catalog, Func<Router> router, Func<bool> allSourcesSpoke, HttpEngine kestrel) : IListenerEngine
{
    public Catalog Catalog => catalog;

    public Router Router => router();

    public bool AllSourcesSpoke => allSourcesSpoke();

    public string Name => "reactor";

    public IAcceptor Accept(Listener listener) => new ReactorAcceptor(loops.Listen(listener.Socket, new ReactorHost(this, listener)));

    public Task HandOverAsync(Socket connection, Listener listener, ConnectionOrigin? origin, byte[] received) =>
        kestrel.HandleAsync(connection, listener, origin ?? ConnectionOrigin.Of(connection), received);
}
