using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Registry.Dns;

/// <summary>
/// The DNS side: UDP and TCP on one port.
/// </summary>
internal sealed partial class DnsInterface : IAsyncDisposable
{
    private const int MaximumConnections = 256;
    private static readonly TimeSpan s_idleLimit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _connections = new(MaximumConnections);
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly DnsResponder _responder;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _loops;

    private DnsInterface(Socket udp, Socket tcp, DnsResponder responder, TimeProvider time, ILogger logger)
    {
        _udp = udp;
        _tcp = tcp;
        _responder = responder;
        _time = time;
        _logger = logger;
        Endpoint = (IPEndPoint)udp.LocalEndPoint!;
        _loops = Task.WhenAll(ServeUdpAsync(_stop.Token), ServeTcpAsync(_stop.Token));
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint { get; }

    /// <exception cref="RegistryBindException">The address cannot be had.</exception>
    public static DnsInterface Start(IPEndPoint bind, DnsResponder responder, TimeProvider time, ILogger<DnsInterface> logger)
    {
        // A free UDP port may be taken for TCP; a port that was asked for has one try.
        const int Tries = 16;
        for (var attempt = 1; ; attempt++)
        {
            var udp = new Socket(bind.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            var tcp = new Socket(bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                udp.Bind(bind);
                tcp.Bind(udp.LocalEndPoint!);
                tcp.Listen();
                return new DnsInterface(udp, tcp, responder, time, logger);
            }
            catch (SocketException e)
            {
                udp.Dispose();
                tcp.Dispose();
                if (bind.Port != 0 || attempt == Tries)
                {
                    throw new RegistryBindException(bind, nameof(RegistryOptions.DnsBind), e);
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loops;
        _udp.Dispose();
        _tcp.Dispose();
        _stop.Dispose();
    }

    private async Task ServeUdpAsync(CancellationToken ct)
    {
        var buffer = new byte[ushort.MaxValue];
        var anyone = new IPEndPoint(_udp.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (true)
        {
            try
            {
                var received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, anyone, ct);
                if (_responder.Answer(buffer.AsSpan(0, received.ReceivedBytes), overTcp: false) is { } answer)
                {
                    await _udp.SendToAsync(answer, SocketFlags.None, received.RemoteEndPoint, ct);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Of one datagram: an asker that is gone, an answer too long for the interface. The next may be fine.
                LogFailed(e, "UDP");
            }
        }
    }

    private async Task ServeTcpAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await _connections.WaitAsync(ct);
                Socket connection;
                try
                {
                    connection = await _tcp.AcceptAsync(ct);
                }
                catch
                {
                    _connections.Release();
                    throw;
                }
                _ = ServeConnectionAsync(connection, ct);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                LogFailed(e, "TCP");
                // Out of file descriptors, most likely: trying again at once would take a core.
                await Task.Delay(TimeSpan.FromMilliseconds(100), _time, CancellationToken.None);
            }
        }
    }

    private async Task ServeConnectionAsync(Socket connection, CancellationToken ct)
    {
        try
        {
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            var length = new byte[sizeof(ushort)];
            while (true)
            {
                using var idle = new CancellationTokenSource(s_idleLimit, _time);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, idle.Token);
                await stream.ReadExactlyAsync(length, limit.Token);
                var packet = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(packet, limit.Token);
                if (_responder.Answer(packet, overTcp: true) is not { } answer)
                {
                    return;
                }
                var framed = new byte[sizeof(ushort) + answer.Length];
                BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)answer.Length);
                answer.CopyTo(framed, sizeof(ushort));
                await stream.WriteAsync(framed, limit.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The asker is done, too slow, or the registry stops.
        }
        finally
        {
            _connections.Release();
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "DNS over {Transport}")]
    private partial void LogFailed(Exception exception, string transport);
}
