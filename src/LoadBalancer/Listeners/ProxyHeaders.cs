using System.Buffers;
using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.Listeners;

/// <summary>Takes the PROXY header off the connections of listeners that require one, for engines that wait with tasks.</summary>
internal sealed class ProxyHeaders(TimeProvider time)
{
    /// <summary>
    /// Reads the header, where one is required, and not a byte of what follows. Null when the connection is to be closed: it
    /// does not come from a trusted proxy, its header is malformed or not there in time, or it has ended.
    /// </summary>
    public ValueTask<ConnectionOrigin?> ReceiveAsync(Socket connection, Listener listener, CancellationToken stop)
    {
        if (!listener.Settings.RequiresProxyHeader)
        {
            return ValueTask.FromResult<ConnectionOrigin?>(ConnectionOrigin.Of(connection));
        }
        var peer = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (!listener.Settings.MaySendProxyHeader(peer))
        {
            listener.ProxyHeaderRefused(peer, ProxyHeaderProblem.Stranger);
            return ValueTask.FromResult<ConnectionOrigin?>(null);
        }
        return ReadAsync(connection, peer, listener, stop);
    }

    private async ValueTask<ConnectionOrigin?> ReadAsync(Socket connection, IPAddress? peer, Listener listener, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ProxyHeaderReader.LongestHeader);
        try
        {
            using var limit = new CancellationTokenSource(PrefaceLimit.Default, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
            for (var length = 0; ;)
            {
                // A look first, so that what follows the header stays in the kernel for whoever serves the connection.
                var seen = await connection.ReceiveAsync(buffer.AsMemory(length, ProxyHeaderReader.LongestHeader - length), SocketFlags.Peek, either.Token).ConfigureAwait(false);
                if (seen == 0)
                {
                    return null;
                }
                var reading = ProxyHeaderReader.Read(buffer.AsSpan(0, length + seen));
                if (reading.Status == PrefaceStatus.Malformed)
                {
                    listener.ProxyHeaderRefused(peer, ProxyHeaderProblem.Malformed(reading));
                    return null;
                }
                var taken = reading.Status == PrefaceStatus.Complete ? reading.Length : length + seen;
                while (length < taken)
                {
                    length += await connection.ReceiveAsync(buffer.AsMemory(length, taken - length), SocketFlags.None, either.Token).ConfigureAwait(false);
                }
                if (reading.Status == PrefaceStatus.Complete)
                {
                    return ConnectionOrigin.Of(reading.Header) ?? ConnectionOrigin.Of(connection);
                }
            }
        }
        catch (OperationCanceledException)
        {
            if (!stop.IsCancellationRequested)
            {
                listener.ProxyHeaderRefused(peer, ProxyHeaderProblem.Late);
            }
            return null;
        }
        catch (SocketException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
