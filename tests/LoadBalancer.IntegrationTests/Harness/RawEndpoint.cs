using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LoadBalancer.IntegrationTests.Harness;

/// <summary>
/// An endpoint that sees every byte and answers what a test tells it to. By default it is a well-behaved HTTP/1.1 server
/// that keeps connections open and answers 200 with its <see cref="Name"/>.
/// </summary>
public sealed class RawEndpoint : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly ConcurrentBag<Wire> _connections = [];
    private readonly ConcurrentQueue<HttpMessage> _requests = new();
    private int _accepted;

    /// <param name="name">What the default script answers.</param>
    /// <param name="script">What it does with each connection; see <see cref="Script"/>.</param>
    public RawEndpoint(string name = "endpoint", Func<Wire, Task>? script = null)
    {
        Name = name;
        Script = script ?? ServeAsync;
        Port = Ports.Free();
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        _listener.Listen(1024);
        _ = AcceptAsync();
    }

    public string Name { get; }

    public int Port { get; }

    /// <summary>"127.0.0.1:port".</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>What it does with the connections that come from now on. The connection is closed when the script ends.</summary>
    public Func<Wire, Task> Script { get; set; }

    /// <summary>The requests that the default script has read, in order.</summary>
    public IReadOnlyCollection<HttpMessage> Requests => _requests;

    /// <summary>How many connections were accepted.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>The connections so far.</summary>
    public IReadOnlyCollection<Wire> Connections => _connections;

    /// <summary>Answers every request of a connection by <paramref name="answer"/>, on a connection that stays open.</summary>
    public static Func<Wire, Task> Answering(string answer) => Answering(_ => answer);

    /// <inheritdoc cref="Answering(string)"/>
    public static Func<Wire, Task> Answering(Func<HttpMessage, string> answer) => async wire =>
    {
        while (true)
        {
            await wire.SendAsync(answer(await wire.ReadRequestAsync()));
        }
    };

    /// <summary>Ends the connections that are open; new ones are accepted.</summary>
    public void ResetConnections()
    {
        foreach (var wire in _connections)
        {
            try
            {
                wire.Reset();
            }
            catch (ObjectDisposedException)
            {
                // Its script has ended.
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        foreach (var wire in _connections)
        {
            wire.Dispose();
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>The default script.</summary>
    public async Task ServeAsync(Wire wire)
    {
        while (true)
        {
            var request = await wire.ReadRequestAsync();
            _requests.Enqueue(request);
            await wire.SendAsync(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {(request.Method == "HEAD" ? 0 : Name.Length)}\r\n\r\n{(request.Method == "HEAD" ? "" : Name)}"));
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
            socket.NoDelay = true;
            var wire = new Wire(socket);
            _connections.Add(wire);
            Interlocked.Increment(ref _accepted);
            _ = RunAsync(wire);
        }
    }

    private async Task RunAsync(Wire wire)
    {
        try
        {
            await Script(wire);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The other end left; a test that cares reads the wire itself.
        }
        catch (InvalidDataException e)
        {
            Malformed.Enqueue(e.Message);
        }
        finally
        {
            wire.Dispose();
        }
    }

    /// <summary>What came in that is no HTTP/1.1.</summary>
    public ConcurrentQueue<string> Malformed { get; } = new();
}
