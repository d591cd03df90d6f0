using System.Net;
using System.Net.Sockets;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>A backend of which a test does everything by hand, connection by connection.</summary>
internal sealed class ManualBackend : IDisposable
{
    private readonly Socket _listener;

    public ManualBackend() : this(IPAddress.Loopback)
    {
    }

    /// <param name="address">It listens at this one alone.</param>
    public ManualBackend(IPAddress address)
    {
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen(1024);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>True when the reactor has connected and nobody has accepted that.</summary>
    public bool HasWaiting => _listener.Poll(0, SelectMode.SelectRead);

    /// <summary>The next connection of the reactor.</summary>
    public async Task<Peer> AcceptAsync() => new(await AcceptSocketAsync());

    /// <summary>The same, for a test that reads and writes bytes.</summary>
    public async Task<Socket> AcceptSocketAsync()
    {
        var socket = await _listener.AcceptAsync(TestContext.Current.CancellationToken);
        socket.NoDelay = true;
        return socket;
    }

    public void Dispose() => _listener.Dispose();
}
