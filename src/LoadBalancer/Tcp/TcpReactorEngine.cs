using LoadBalancer.Core.Model;
using LoadBalancer.Listeners;
using LoadBalancer.Reactor;

namespace LoadBalancer.Tcp;

/// <summary>The reactor as an engine of TCP listeners.</summary>
internal sealed class TcpReactorEngine(ReactorLoops loops, Catalog catalog, FirstWord firstWord, TcpProxy other, TcpLog log) : IListenerEngine
{
    public Catalog Catalog => catalog;

    public FirstWord FirstWord => firstWord;

    public TcpLog Log => log;

    /// <summary>Who does what the reactor does not.</summary>
    public TcpProxy Other => other;

    public string Name => "reactor";

    public IAcceptor Accept(Listener listener) => new ReactorAcceptor(loops.Listen(listener.Socket, new TcpReactorHost(this, listener)));
}
