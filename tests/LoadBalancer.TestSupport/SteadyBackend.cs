using System.Net;
using System.Net.Sockets;

namespace LoadBalancer.TestSupport;

/// <summary>
/// A backend that answers every request with the same bytes, as soon as what it has read ends as requests do. It blocks and
/// allocates nothing while it serves, so that allocations around it can be counted.
/// </summary>
public sealed class SteadyBackend : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _end;
    private readonly byte[] _answer;

    /// <param name="end">How every request ends.</param>
    /// <param name="answer">What is answered.</param>
    public SteadyBackend(byte[] end, byte[] answer)
    {
        _end = end;
        _answer = answer;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    /// <summary>Reads into the buffer until what has come ends so; false when the connection has ended.</summary>
    public static bool ReadUntil(Socket socket, byte[] buffer, ReadOnlySpan<byte> end)
    {
        var length = 0;
        while (!buffer.AsSpan(0, length).EndsWith(end))
        {
            var count = socket.Receive(buffer.AsSpan(length));
            if (count == 0)
            {
                return false;
            }
            length += count;
        }
        return true;
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = _listener.Accept();
                socket.NoDelay = true;
                new Thread(() => Serve(socket), 256 * 1024) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve(Socket socket)
    {
        using var _ = socket;
        var buffer = new byte[64 * 1024];
        try
        {
            while (ReadUntil(socket, buffer, _end))
            {
                socket.Send(_answer);
            }
        }
        catch (SocketException)
        {
            // The reactor has left.
        }
    }
}
