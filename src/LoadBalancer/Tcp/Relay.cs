using System.Buffers;
using System.Net.Sockets;

namespace LoadBalancer.Tcp;

/// <summary>
/// Moves bytes between two connected sockets in both directions. An end of one direction is passed on as a half-close;
/// an error in either ends both with a reset, so that neither peer takes a cut stream for a complete one.
/// </summary>
/// <param name="client">The client's connection.</param>
/// <param name="upstream">The endpoint's connection.</param>
/// <param name="first">What the endpoint gets before anything that the client sends.</param>
/// <param name="time">The clock.</param>
internal sealed class Relay(Socket client, Socket upstream, ReadOnlyMemory<byte> first, TimeProvider time)
{
    private const int BufferSize = 64 * 1024;

    private readonly long _begun = time.GetTimestamp();
    private long _lastActivity = time.GetTimestamp();

    /// <summary>How long it has run.</summary>
    public TimeSpan Age => time.GetElapsedTime(_begun);

    /// <summary>How long no byte has moved.</summary>
    public TimeSpan IdleFor => time.GetElapsedTime(Volatile.Read(ref _lastActivity));

    /// <summary>Completes when both directions have ended.</summary>
    public Task RunAsync() => Task.WhenAll(PumpAsync(client, upstream, first), PumpAsync(upstream, client, default));

    /// <summary>Ends both directions with a reset.</summary>
    public void Abort()
    {
        Reset(client);
        Reset(upstream);
    }

    private async Task PumpAsync(Socket from, Socket to, ReadOnlyMemory<byte> first)
    {
        try
        {
            await SendAllAsync(to, first).ConfigureAwait(false);
            while (true)
            {
                // No buffer is held while there is nothing to read: most connections are idle most of the time.
                await from.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
                var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
                try
                {
                    var count = await from.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false);
                    Volatile.Write(ref _lastActivity, time.GetTimestamp());
                    if (count == 0)
                    {
                        to.Shutdown(SocketShutdown.Send);
                        return;
                    }
                    // Nothing more is read until this is written: the sender is slowed to the receiver's pace.
                    await SendAllAsync(to, buffer.AsMemory(0, count)).ConfigureAwait(false);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Abort();
        }
    }

    private async ValueTask SendAllAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var sent = await to.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false);
            Volatile.Write(ref _lastActivity, time.GetTimestamp());
            bytes = bytes[sent..];
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }
        socket.Dispose();
    }
}
