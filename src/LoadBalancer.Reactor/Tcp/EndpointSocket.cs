using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>The socket to the endpoint of a <see cref="TcpConnection"/>.</summary>
internal sealed class EndpointSocket(TcpConnection connection, int descriptor) : StreamSocket(connection.Loop, descriptor)
{
    /// <summary>Begins to watch, while it connects.</summary>
    public void Watch() => Attach(isConnected: false);

    protected override void Advance() => connection.OnEndpoint();

    internal override void OnFault() => connection.Abort();
}
