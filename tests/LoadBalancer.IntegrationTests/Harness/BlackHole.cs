using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LoadBalancer.IntegrationTests.Harness;

/// <summary>An address that answers no connection: a socket that listens with a full backlog, so that the kernel drops every SYN.</summary>
public sealed class BlackHole : IDisposable
{
    private readonly List<Socket> _sockets = [];

    private BlackHole(int port) => Address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    /// <summary>"127.0.0.1:port".</summary>
    public string Address { get; }

    public static BlackHole Open()
    {
        var port = Ports.Free();
        var hole = new BlackHole(port);
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        hole._sockets.Add(listener);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(0);
        // A backlog of nought holds one; those after it hang, as will everybody else's.
        for (var i = 0; i < 3; i++)
        {
            var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            hole._sockets.Add(filler);
            try
            {
                filler.Connect(new IPEndPoint(IPAddress.Loopback, port));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // Under way.
            }
        }
        return hole;
    }

    public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());
}
