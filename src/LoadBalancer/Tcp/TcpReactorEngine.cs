using LoadBalancer.Listeners;
using LoadBalancer.Reactor;

namespace LoadBalancer.Tcp;

/// <summary>The reactor as an engine of TCP or TLS listeners.</summary>
/// <param name="loops">The reactor.</param>
/// <param name="router">Says where connections go.</param>
/// <param name="log">The log.</param>
internal sealed class TcpReactorEngine(ReactorLoops loops, TcpRouter router, TcpLog log) : IListenerEngine
{
    public TcpRouter Router => router;

    public TcpLog Log => log;

    public string Name => "reactor";

    public IAcceptor Accept(Listener listener) => new ReactorAcceptor(loops.Listen(listener.Socket, new TcpReactorHost(this, listener)));
}
