using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>The socket to the endpoint of a <see cref="TcpConnection"/>.</summary>
internal sealed class EndpointSocket(TcpConnection connection, int descriptor) : StreamSocket(connection.Loop, descriptor)
{
    /// <summary>Begins to watch, while it connects.</summary>
    public void Watch() => Attach();

    protected override void Advance() => connection.OnEndpoint();

    public override void OnFault() => connection.Abort();
}
