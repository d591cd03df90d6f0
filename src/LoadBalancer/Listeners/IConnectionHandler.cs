using System.Net.Sockets;

namespace LoadBalancer.Listeners;

/// <summary>An engine that is handed each connection, and waits with tasks.</summary>
internal interface IConnectionHandler : IListenerEngine
{
    string IListenerEngine.Name => "kestrel";

    /// <summary>Takes over the connection and disposes it; completes when the connection has ended.</summary>
    Task HandleAsync(Socket connection, Listener listener);

    IAcceptor IListenerEngine.Accept(Listener listener) => new SocketAcceptor(listener, this);
}
