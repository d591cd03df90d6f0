using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace LoadBalancer.TestSupport;

/// <summary>
/// A client's HTTP/1.1 connection that hides nothing: it never repeats a request, and a connection that ends without an
/// answer is an error.
/// </summary>
public sealed class KeepAliveConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[16 * 1024];

    private KeepAliveConnection()
    {
    }

    /// <summary>False when the other side wants it closed after the last answer.</summary>
    public bool IsReusable { get; private set; } = true;

    public static async Task<KeepAliveConnection> ConnectAsync(int port, CancellationToken cancel = default)
    {
        var connection = new KeepAliveConnection();
        await connection._socket.ConnectAsync("127.0.0.1", port, cancel);
        return connection;
    }

    /// <summary>GETs and reads the whole answer, which must have a Content-Length.</summary>
    /// <exception cref="IOException">The connection ended, or the answer is none.</exception>
    public async Task<(int Status, string Body)> GetAsync(string host, string path, CancellationToken cancel = default)
    {
        await _socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"), cancel);
        var length = 0;
        var headEnd = -1;
        while (headEnd < 0)
        {
            length += await ReceiveAsync(length, cancel);
            headEnd = _buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
        }
        var head = Encoding.Latin1.GetString(_buffer, 0, headEnd).Split("\r\n");
        var status = int.Parse(head[0].AsSpan("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture);
        IsReusable = !string.Equals(Field(head, "Connection"), "close", StringComparison.OrdinalIgnoreCase);
        var bodyStart = headEnd + 4;
        var bodyLength = int.Parse(Field(head, "Content-Length") ?? throw new IOException("no Content-Length: " + string.Join(" | ", head)), CultureInfo.InvariantCulture);
        while (length < bodyStart + bodyLength)
        {
            length += await ReceiveAsync(length, cancel);
        }
        return length == bodyStart + bodyLength
            ? (status, Encoding.UTF8.GetString(_buffer, bodyStart, bodyLength))
            : throw new IOException("more than one answer");
    }

    public void Dispose() => _socket.Dispose();

    private async Task<int> ReceiveAsync(int at, CancellationToken cancel)
    {
        var received = await _socket.ReceiveAsync(_buffer.AsMemory(at), cancel);
        return received > 0 ? received : throw new IOException($"the connection ended after {at} bytes of the answer");
    }

    private static string? Field(string[] head, string name) =>
        head.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}
