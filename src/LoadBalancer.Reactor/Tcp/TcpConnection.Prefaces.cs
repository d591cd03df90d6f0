using System.Net;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Prefaces.Tls;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>
/// What comes first on a connection, in both directions: the PROXY header and the ClientHello of the client, and the PROXY
/// header for the endpoint.
/// </summary>
internal sealed partial class TcpConnection
{
    private const int LingerLimit = 2_000;
    private const int LingerBytes = 1024 * 1024;

    /// <summary>What has been read of the client and goes to the endpoint first, or is yet to be understood; null when nothing.</summary>
    /// <remarks>At its end there always is room for the PROXY header that comes before it.</remarks>
    private ByteBuffer? _received;

    /// <summary>The client and what it connected to by the PROXY header; null where the socket says it.</summary>
    private (IPEndPoint? Source, IPEndPoint? Destination) _origin;

    /// <summary>Null where no ClientHello is read.</summary>
    private ServerNameReading? _hello;
    private int _lingered;

    private string ServerName => _hello?.Name ?? "";

    private IPEndPoint? Source => _origin.Source ?? ConnectionEnds.Remote(Descriptor);

    private IPEndPoint? Destination => _origin.Destination ?? ConnectionEnds.Local(Descriptor);

    private void BeginPrefaces()
    {
        if (!_host.RequiresProxyHeader)
        {
            BeginHello();
        }
        else if (_host.MaySendProxyHeader(_client))
        {
            Await(Phase.ProxyHeader);
            ReadProxyHeader();
        }
        else
        {
            RefuseProxyHeader(ProxyHeaderProblem.Stranger);
        }
    }

    private void ReadProxyHeader()
    {
        while (ReceiveMore())
        {
            var reading = ProxyHeaderReader.Read(_received!.Filled);
            if (reading.Status == PrefaceStatus.Malformed)
            {
                RefuseProxyHeader(ProxyHeaderProblem.Malformed(reading));
                return;
            }
            if (reading.Status == PrefaceStatus.Complete)
            {
                _origin = (reading.Header.Source?.ToEndPoint(), reading.Header.Destination?.ToEndPoint());
                _client = _origin.Source?.Address ?? _client;
                _received.Consume(reading.Length);
                BeginHello();
                return;
            }
        }
    }

    private void BeginHello()
    {
        _timer.Clear();
        if (!_host.ReadsServerName)
        {
            ReturnEmptyReceived();
            BeginFinding();
            return;
        }
        Await(Phase.ClientHello);
        _hello = new ServerNameReading();
        // It may have come with the PROXY header.
        if (_received is not { IsEmpty: false } || !TakeHello())
        {
            ReadHello();
        }
    }

    private void ReadHello()
    {
        while (ReceiveMore() && !TakeHello())
        {
            // More of it is needed.
        }
    }

    /// <summary>Goes on by what has been received; false when more is needed.</summary>
    private bool TakeHello()
    {
        switch (_hello!.Read(_received!.Filled))
        {
            case PrefaceStatus.Malformed:
                RefuseHello(_hello.Problem);
                return true;
            case PrefaceStatus.Complete:
                _timer.Clear();
                BeginFinding();
                return true;
            default:
                return false;
        }
    }

    private void Await(Phase phase)
    {
        _phase = phase;
        Loop.Timers.Set(_timer, Loop.Now + (long)_host.PrefaceTimeout.TotalMilliseconds);
    }

    private void RefuseProxyHeader(string problem)
    {
        _host.ProxyHeaderRefused(_client, problem);
        Finish(reset: false);
    }

    private void RefuseHello(string? problem)
    {
        _host.HelloRefused(Source, problem);
        Finish(reset: false);
    }

    /// <summary>Nothing leads it anywhere. A TLS client is told so; to close before it has read that would reset the connection.</summary>
    private void RefuseRoute()
    {
        _host.NoRoute(Source, ServerName);
        if (_hello is null)
        {
            Finish(reset: false);
            return;
        }
        _received?.Clear();
        _phase = Phase.Linger;
        Loop.Timers.Set(_timer, Loop.Now + LingerLimit);
        // Nothing has been sent before: there is room for it.
        _ = Send(TlsAlert.For(ServerName).Span, isLast: true);
        EndSending();
        ReadAway();
    }

    private void ReadAway()
    {
        while (ReceiveMore())
        {
            _lingered += _received!.Length;
            _received.Clear();
            if (_lingered > LingerBytes)
            {
                Finish(reset: false);
                return;
            }
        }
    }

    /// <summary>Reads more of what the client has sent; false when nothing has come, and when it has ended and so has this.</summary>
    private bool ReceiveMore()
    {
        var count = Pending;
        if (HasInput)
        {
            _received ??= Loop.Buffers.Rent();
            if (_received.Free.Length <= ProxyHeaderWriter.LongestHeader)
            {
                // A large one is never full: no preface is that long.
                Loop.Buffers.Enlarge(ref _received);
            }
            count = Receive(_received!.Free[..^ProxyHeaderWriter.LongestHeader]);
            if (count > 0)
            {
                _received.Advance(count);
                return true;
            }
        }
        ReturnEmptyReceived();
        if (count != Pending)
        {
            Finish(reset: false);
        }
        return false;
    }

    private void ReturnEmptyReceived()
    {
        if (_received is { IsEmpty: true })
        {
            Loop.Buffers.Return(ref _received);
        }
    }

    /// <summary>
    /// Puts the PROXY header before all else, if the endpoint expects one. False when the client has broken its connection, so
    /// that the kernel does not know any more who it was: a header without an address would be taken for the balancer's own.
    /// </summary>
    private bool TryPutProxyHeader()
    {
        var version = _dispatch.Snapshot!.Policy.SendProxyProtocol;
        if (version == ProxyProtocolVersion.Off)
        {
            return true;
        }
        var source = Source;
        if (source is null && _client is not null)
        {
            return false;
        }
        Span<byte> header = stackalloc byte[ProxyHeaderWriter.LongestHeader];
        var length = ProxyHeaderWriter.Write(header, version, ProxyHeader.Of(source, Destination));
        _received ??= Loop.Buffers.Rent();
        _received.Insert(header[..length]);
        return true;
    }

    /// <summary>What the endpoint gets before all that is yet to be read; the caller's then.</summary>
    private ByteBuffer? TakeReceived()
    {
        var first = _received;
        _received = null;
        return first;
    }
}
