using System.Buffers;
using System.Net.Sockets;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.Tls;
using LoadBalancer.Listeners;

namespace LoadBalancer.Tcp.Tls;

/// <summary>Reads the ClientHello of a connection, for as long as that may take and no longer.</summary>
internal sealed class ClientHellos(TimeProvider time, TcpLog log)
{
    /// <summary>Room for nearly every hello.</summary>
    private const int UsualSize = 4096;

    /// <summary>Null when the connection is to be closed: it begins with something else, is silent for too long or has ended.</summary>
    public async ValueTask<ReceivedHello?> ReceiveAsync(Socket client, ListenerSettings settings, ConnectionOrigin origin, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(PrefaceLimit.Default, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        // No buffer is held while nothing comes.
        var buffer = Array.Empty<byte>();
        try
        {
            await client.ReceiveAsync(buffer, SocketFlags.None, either.Token).ConfigureAwait(false);
            buffer = ArrayPool<byte>.Shared.Rent(UsualSize);
            var (reading, length) = (new ServerNameReading(), 0);
            while (true)
            {
                if (length == buffer.Length)
                {
                    Grow(ref buffer);
                }
                var count = await client.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, either.Token).ConfigureAwait(false);
                if (count == 0)
                {
                    return null;
                }
                length += count;
                switch (reading.Read(buffer.AsSpan(0, length)))
                {
                    case PrefaceStatus.Complete:
                        return new ReceivedHello(reading.Name, buffer.AsSpan(0, length).ToArray());
                    case PrefaceStatus.Malformed:
                        log.HelloRefused(settings.Name, origin.Source, reading.Problem);
                        return null;
                    default:
                        break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            log.HelloRefused(settings.Name, origin.Source, ServerNameReading.Late);
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

    /// <summary>A full buffer without a complete hello gets larger: never beyond what a hello may have, which the reader knows.</summary>
    private static void Grow(ref byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
