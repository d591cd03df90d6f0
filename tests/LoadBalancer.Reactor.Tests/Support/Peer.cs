using System.Net.Sockets;
using System.Text;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>A connection that a test reads and writes as text; the reactor is at its other end.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Socket _socket;
    private readonly BufferedStream _stream;

    public Peer(Socket socket)
    {
        socket.NoDelay = true;
        _socket = socket;
        _stream = new BufferedStream(new NetworkStream(socket, ownsSocket: true));
    }

    public async Task SendAsync(string text) => await _socket.SendAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);

    /// <summary>The next head, with its line ends.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append(await ReadAsync(1));
        }
        return head.ToString();
    }

    public async Task<string> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return Encoding.Latin1.GetString(bytes);
    }

    /// <summary>The next final answer; null when the connection ends cleanly before it.</summary>
    public Task<HttpReader.Answer?> ReadAnswerAsync() => HttpReader.ReadAsync(_stream, isHead: false);

    /// <summary>Reads a head and answers 200 with this body.</summary>
    public async Task<string> AnswerAsync(string body)
    {
        var head = await ReadHeadAsync();
        await SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        return head;
    }

    /// <summary>Waits until the other side has closed or reset; what it still sends is dropped.</summary>
    public async Task WaitForCloseAsync()
    {
        try
        {
            var bytes = new byte[4096];
            while (await _stream.ReadAsync(bytes, TestContext.Current.CancellationToken) > 0)
            {
            }
        }
        catch (IOException)
        {
            // That is a close, too.
        }
    }

    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    public void Dispose() => _stream.Dispose();
}
