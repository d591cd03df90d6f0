using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace LoadBalancer.Http.Handover;

/// <summary>Kestrel's side of a hand-over: its accept loop takes what <see cref="TryRunAsync"/> puts in.</summary>
internal sealed class HandoverListener(EndPoint endPoint) : IConnectionListener
{
    private readonly Channel<ConnectionContext> _connections = Channel.CreateUnbounded<ConnectionContext>();

    public EndPoint EndPoint => endPoint;

    /// <summary>
    /// Gives the connection to Kestrel and waits until it has ended; false when Kestrel has stopped listening, and the caller
    /// keeps the connection.
    /// </summary>
    public async Task<bool> TryRunAsync(ConnectionContext connection)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = connection.ConnectionClosed.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), ended);
        if (!_connections.Writer.TryWrite(connection))
        {
            return false;
        }
        await ended.Task.ConfigureAwait(false);
        return true;
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _connections.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && _connections.Reader.TryRead(out var connection) ? connection : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _connections.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _connections.Writer.TryComplete();
        while (_connections.Reader.TryRead(out var connection))
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
