using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using LoadBalancer.Soak.Checks;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Soak.Backends;

/// <summary>An endpoint that can leave and come back at another port, or the same.</summary>
/// <param name="serve">Serves a connection until it ends.</param>
/// <param name="ledger">Takes what is wrong.</param>
internal sealed class Backend(Func<Socket, Backend, BackendConnection> serve, Ledger ledger) : IDisposable
{
    private readonly ConcurrentDictionary<BackendConnection, bool> _connections = [];
    private Socket? _listener;
    private long _requests;

    /// <summary>Where it listens now.</summary>
    public int Port { get; private set; }

    /// <summary>Requests, or connections over TCP, that it got.</summary>
    public long Requests => Volatile.Read(ref _requests);

    public void CountRequest() => Interlocked.Increment(ref _requests);

    /// <summary>Begins to accept, at a new port unless it stays.</summary>
    public void Start(bool samePort = false)
    {
        Port = samePort ? Port : Ports.Free();
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        listener.Listen(1024);
        _listener = listener;
        _ = AcceptAsync(listener);
    }

    /// <summary>Accepts no more, and ends every connection at once.</summary>
    public void Stop()
    {
        _listener?.Dispose();
        _listener = null;
        foreach (var (connection, _) in _connections)
        {
            connection.Abort();
        }
    }

    /// <summary>Closes the connections on which nothing runs.</summary>
    public void CloseIdle()
    {
        foreach (var (connection, _) in _connections)
        {
            connection.CloseIfIdle();
        }
    }

    public void Dispose() => Stop();

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
            socket.NoDelay = true;
            _ = RunAsync(serve(socket, this), listener);
        }
    }

    private async Task RunAsync(BackendConnection connection, Socket listener)
    {
        _connections[connection] = true;
        if (_listener != listener)
        {
            // Stopped between the accept and the list.
            connection.Abort();
        }
        try
        {
            await connection.RunAsync();
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            // The balancer has left: its client has, or this endpoint was stopped.
        }
        catch (Exception e)
        {
            ledger.Violation($"at an endpoint: {e.Message}");
        }
        finally
        {
            connection.Dispose();
            _connections.TryRemove(connection, out _);
        }
    }
}
