using System.Net.Sockets;
using LoadBalancer.Core.Model;
using LoadBalancer.Listeners;
using LoadBalancer.Reactor;

namespace LoadBalancer.Tcp;

/// <summary>The reactor as an engine of TCP listeners.</summary>
internal sealed class TcpReactorEngine(ReactorLoops loops, Catalog catalog, FirstWord firstWord, TcpLog log) : IConnectionHandler
{
    public Catalog Catalog => catalog;

    public FirstWord FirstWord => firstWord;

    public TcpLog Log => log;

    public Task HandleAsync(Socket connection, Listener listener)
    {
        var host = new TcpReactorConnection(this, listener.Settings);
        loops.Serve(connection, host);
        return host.Completion;
    }
}
