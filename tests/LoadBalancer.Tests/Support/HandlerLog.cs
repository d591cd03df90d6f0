using System.Collections.Concurrent;
using System.Net.Sockets;
using LoadBalancer.Listeners;

namespace LoadBalancer.Tests.Support;

/// <summary>Keeps the connections that it is handed, until it is told to let them end.</summary>
internal sealed class HandlerLog : IConnectionHandler, IDisposable
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<Socket> _connections = new();

    public int Count => _connections.Count;

    public async Task HandleAsync(Socket connection, Listener listener)
    {
        _connections.Enqueue(connection);
        await _end.Task;
        connection.Dispose();
    }

    public void Dispose() => _end.TrySetResult();
}
