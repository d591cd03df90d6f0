using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LoadBalancer.Comparison.Load;

/// <summary>Connections that have each had one answer and ask for nothing more.</summary>
public sealed class IdleConnections : IDisposable
{
    private const int AnswerLimit = 5_000;

    private readonly List<Socket> _open = [];

    public int Count => _open.Count;

    /// <summary>How many files a process may open here.</summary>
    public static int FileLimit()
    {
        var fields = File.ReadLines("/proc/self/limits").First(static line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return int.TryParse(fields[4], CultureInfo.InvariantCulture, out var hard) ? hard : int.MaxValue;
    }

    /// <summary>Opens so many, or as many as there are descriptors for and the proxy serves.</summary>
    public void Open(int port, byte[] request, int answerBytes, int count)
    {
        var buffer = new byte[4096];
        while (_open.Count < count && TryOpen(port, request, answerBytes, buffer) is { } socket)
        {
            _open.Add(socket);
        }
    }

    public void Dispose() => _open.ForEach(static socket => socket.Dispose());

    private static Socket? TryOpen(int port, byte[] request, int answerBytes, byte[] buffer)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = AnswerLimit };
            socket.Connect(IPAddress.Loopback, port);
            _ = socket.Send(request);
            var length = 0;
            while (true)
            {
                var received = socket.Receive(buffer.AsSpan(length));
                length += received;
                var head = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
                if (head >= 0 && length >= head + 4 + answerBytes)
                {
                    return socket;
                }
                if (received == 0)
                {
                    throw new SocketException((int)SocketError.ConnectionReset);
                }
            }
        }
        catch (SocketException)
        {
            // Out of descriptors, here or there.
            socket?.Dispose();
            return null;
        }
    }
}
