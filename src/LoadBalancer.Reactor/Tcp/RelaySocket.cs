using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>One of the two sockets of a <see cref="TcpRelay"/>.</summary>
internal sealed class RelaySocket : StreamSocket
{
    private readonly TcpRelay _relay;

    public RelaySocket(EventLoop loop, int descriptor, TcpRelay relay) : base(loop, descriptor)
    {
        _relay = relay;
        Attach(isConnected: false);
    }

    protected override void Advance() => _relay.OnSocket();

    internal override void OnFault() => _relay.Abort();
}
