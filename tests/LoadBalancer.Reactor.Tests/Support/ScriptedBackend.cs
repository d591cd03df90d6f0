using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LoadBalancer.Reactor.Tests.Http.Parsing;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>A backend that says what it is told to, byte by byte. Which script it plays is in the request's path.</summary>
internal sealed class ScriptedBackend : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<string, (string Text, int[] Pieces, bool Close)> _scripts = new();
    private readonly Task _accepting;
    private int _count;

    public ScriptedBackend()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Takes a script and gives the path for it.</summary>
    /// <param name="text">What is answered.</param>
    /// <param name="pieces">In segments of these lengths, used round and round.</param>
    /// <param name="close">The connection is closed afterwards.</param>
    public string Script(string text, int[] pieces, bool close)
    {
        var path = $"/{Interlocked.Increment(ref _count)}";
        _scripts[path] = (text, pieces, close);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.Add(PlayAsync(await _listener.AcceptAsync()));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task PlayAsync(Socket socket)
    {
        using var _ = socket;
        socket.NoDelay = true;
        try
        {
            var head = new StringBuilder();
            var bytes = new byte[16 * 1024];
            while (await socket.ReceiveAsync(bytes) is var count and > 0)
            {
                head.Append(Encoding.Latin1.GetString(bytes, 0, count));
                if (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                {
                    continue;
                }
                var (text, pieces, close) = _scripts[head.ToString().Split(' ')[1]];
                head.Clear();
                foreach (var piece in BodyText.Pieces(text, pieces))
                {
                    await socket.SendAsync(piece);
                }
                if (close)
                {
                    socket.Shutdown(SocketShutdown.Send);
                }
            }
        }
        catch (SocketException)
        {
            // The reactor has left.
        }
    }
}
