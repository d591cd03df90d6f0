using System.Buffers;
using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.Tls;
using LoadBalancer.Listeners;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Tcp.Tls;

/// <summary>Reads the ClientHello of a connection, for as long as that may take and no longer.</summary>
internal sealed partial class ClientHellos(TimeProvider time, ILogger<ClientHellos> logger)
{
    /// <summary>How long a hello may take: clients send it at once.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Room for nearly every hello.</summary>
    private const int UsualSize = 4096;

    /// <summary>Null when the connection is to be closed: it begins with something else, is silent for too long or has ended.</summary>
    public async ValueTask<ReceivedHello?> ReceiveAsync(Socket client, ListenerSettings settings, ConnectionOrigin origin, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        // No buffer is held while nothing comes.
        var buffer = Array.Empty<byte>();
        try
        {
            await client.ReceiveAsync(buffer, SocketFlags.None, either.Token).ConfigureAwait(false);
            buffer = ArrayPool<byte>.Shared.Rent(UsualSize);
            var (reader, length) = (new ClientHelloReader(), 0);
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
                switch (Read(ref reader, buffer.AsSpan(0, length), out var name))
                {
                    case PrefaceStatus.Complete:
                        return new ReceivedHello(name, buffer.AsSpan(0, length).ToArray());
                    case PrefaceStatus.Malformed:
                        LogClosed(logger, settings.Name, origin.Source, reader.Problem);
                        return null;
                    default:
                        break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            LogClosed(logger, settings.Name, origin.Source, "no ClientHello came in time");
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

    private static PrefaceStatus Read(ref ClientHelloReader reader, ReadOnlySpan<byte> received, out string name)
    {
        Span<char> room = stackalloc char[ClientHelloReader.LongestName];
        var status = reader.Read(received, room);
        name = status == PrefaceStatus.Complete ? new string(room[..reader.NameLength]) : "";
        return status;
    }

    /// <summary>A full buffer without a complete hello gets larger: never beyond what a hello may have, which the reader knows.</summary>
    private static void Grow(ref byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "listener {Listener}: closed a connection from {Client}: {Problem}")]
    private static partial void LogClosed(ILogger logger, string listener, EndPoint? client, string? problem);
}
