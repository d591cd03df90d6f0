using System.Net;
using System.Text;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Http;

/// <summary>
/// A client's connection: reads one request after the other, each answered before the next is looked at, so that pipelined
/// ones are answered in order. Between requests it holds no buffer.
/// </summary>
internal sealed class HttpConnection : StreamSocket, ITimed, ILoopTask
{
    /// <summary>The largest head that is taken; what is added to it must fit into a buffer too.</summary>
    private const int LongestHead = 64 * 1024;

    private const int FirstByteLimit = 120_000;
    private const int IdleLimit = 120_000;
    private const int HeadLimit = 30_000;
    private const int AnswerLimit = 30_000;
    private const int LingerLimit = 2_000;
    private const int LingerBytes = 1024 * 1024;

    private readonly HttpLoop _http;
    private readonly LoopTimer _timer;
    private HttpExchange? _exchange;

    /// <summary>The client and what it connected to by the PROXY header; null where the socket says it.</summary>
    private (IPEndPoint? Source, IPEndPoint? Destination) _origin;

    /// <summary>The connections to endpoints that are for its requests alone; null while there have been none.</summary>
    private UpstreamPools? _own;
    private ByteBuffer? _input;
    private ByteBuffer? _output;
    private Phase _phase;
    private bool _isFirst = true;
    private Closing _closing;
    private int _lingered;

    public HttpConnection(HttpLoop http, HttpConnectionHost host, int descriptor, IPAddress? peer) : base(http.Loop, descriptor)
    {
        _http = http;
        Host = host;
        Peer = peer;
        _timer = new LoopTimer(this);
    }

    private enum Phase : byte
    {
        /// <summary>Has just been accepted.</summary>
        Accepted,

        /// <summary>Waits for the PROXY header that comes before everything else.</summary>
        ProxyHeader,

        /// <summary>Waits for a request, or for the rest of its head.</summary>
        Head,

        /// <summary>An exchange with an endpoint runs.</summary>
        Exchange,

        /// <summary>Sends an answer of its own.</summary>
        Answer,

        /// <summary>Reads away what the client still sends, so that it gets to see the answer.</summary>
        Linger,
    }

    public HttpConnectionHost Host { get; }

    /// <summary>The client's address: by the PROXY header, where there is one.</summary>
    public IPAddress? Peer { get; private set; }

    /// <summary>What has been read and not used; null when nothing.</summary>
    public ByteBuffer? Input => _input;

    /// <summary>True while it waits for a request of which nothing has come.</summary>
    public bool IsIdle => _phase is Phase.Head or Phase.ProxyHeader && _input is null;

    /// <summary>Begins to serve.</summary>
    void ILoopTask.Run()
    {
        _http.Connections.Add(this);
        SetDeadline(Host.RequiresProxyHeader ? (long)PrefaceLimit.Default.TotalMilliseconds : FirstByteLimit);
        AssumeReady();
        Loop.Turn(this);
    }

    /// <summary>
    /// The connections to endpoints that begin with a PROXY header that names this client: a request of anybody else must never
    /// be sent on them. They close with this one. Null when nobody can say any more who it is.
    /// </summary>
    public UpstreamPools? OwnUpstreams(ProxyProtocolVersion version)
    {
        if (_own?.Version != version)
        {
            if (!TryGetEnds(out var source, out var destination))
            {
                return null;
            }
            _own?.End();
            _own = new UpstreamPools(Loop, version, ProxyHeader.Of(source, destination));
        }
        return _own;
    }

    public void SetDeadline(long milliseconds) => Loop.Timers.Set(_timer, Loop.Now + milliseconds);

    public void ClearDeadline() => _timer.Clear();

    /// <summary>Reads more into <see cref="Input"/>; the result is that of <see cref="StreamSocket.Receive"/>.</summary>
    public int ReadInput()
    {
        if (!HasInput)
        {
            // Without a buffer for nothing.
            return Pending;
        }
        _input ??= Loop.Buffers.Rent();
        if (_input.Free.IsEmpty)
        {
            _input.Compact();
        }
        var count = Receive(_input.Free);
        if (count > 0)
        {
            _input.Advance(count);
        }
        else
        {
            ReturnEmptyInput();
        }
        return count;
    }

    public void ReturnEmptyInput()
    {
        if (_input is { IsEmpty: true })
        {
            Loop.Buffers.Return(ref _input);
        }
    }

    /// <summary>Gives up <see cref="Input"/>, which is the caller's then.</summary>
    public ByteBuffer? TakeInput()
    {
        ReturnEmptyInput();
        var input = _input;
        _input = null;
        return input;
    }

    public void OnDeadline()
    {
        switch (_phase)
        {
            case Phase.Head when _input is not null:
                Answer(Refusal.ClientTimeout, TimeSpan.Zero, Closing.Lingering);
                break;
            case Phase.Exchange:
                _exchange!.OnDeadline();
                break;
            case Phase.ProxyHeader:
                RefuseProxyHeader(ProxyHeaderProblem.Late);
                break;
            default:
                Finish(reset: false);
                break;
        }
    }

    /// <summary>The exchange has sent all of its answer.</summary>
    public void ExchangeEnded(Closing closing)
    {
        _exchange = null;
        AfterAnswer(closing);
    }

    /// <summary>The exchange has failed before any of its answer was sent.</summary>
    public void ExchangeRefused(Refusal refusal, TimeSpan retryAfter, Closing closing, bool isHead)
    {
        _exchange = null;
        Answer(refusal, retryAfter, closing, isHead);
    }

    /// <summary>Ends now.</summary>
    /// <param name="reset">What the client got is not all.</param>
    public void Finish(bool reset)
    {
        if (!IsOpen)
        {
            return;
        }
        _exchange = null;
        Loop.CountOut();
        Release();
        Close(reset);
        Host.Leave();
    }

    /// <summary>Closes if no request has begun; else announces with the next answer that it closes.</summary>
    public void Drain()
    {
        if (!IsIdle)
        {
            return;
        }
        // A request may be there that the loop has not been told of yet.
        AssumeReady();
        Loop.Turn(this);
        if (IsIdle)
        {
            Finish(reset: false);
        }
    }

    /// <summary>Ends whatever runs.</summary>
    public void Abort()
    {
        _exchange?.Abandon();
        Finish(reset: true);
    }

    public override void OnFault() => Abort();

    protected override void Advance()
    {
        switch (_phase)
        {
            case Phase.Accepted:
                Begin();
                break;
            case Phase.ProxyHeader:
                ReadProxyHeader();
                break;
            case Phase.Head:
                ReadHead();
                break;
            case Phase.Exchange:
                _exchange!.OnClient();
                break;
            case Phase.Answer:
                SendAnswer();
                break;
            default:
                ReadAway();
                break;
        }
    }

    /// <summary>Nearly always the first request is there already: it is read before the loop watches, and no event has to say so.</summary>
    private void Begin()
    {
        if (!Host.RequiresProxyHeader)
        {
            _phase = Phase.Head;
            ReadHead();
        }
        else if (Host.MaySendProxyHeader(Peer))
        {
            _phase = Phase.ProxyHeader;
            ReadProxyHeader();
        }
        else
        {
            RefuseProxyHeader(ProxyHeaderProblem.Stranger);
        }
        if (IsOpen)
        {
            Attach();
        }
    }

    private void ReadProxyHeader()
    {
        while (true)
        {
            switch (ReadInput())
            {
                case Pending:
                    return;
                case End or Broken:
                    Finish(reset: false);
                    return;
                default:
                    break;
            }
            var reading = ProxyHeaderReader.Read(_input!.Filled);
            if (reading.Status == PrefaceStatus.Malformed)
            {
                RefuseProxyHeader(ProxyHeaderProblem.Malformed(reading));
                return;
            }
            if (reading.Status == PrefaceStatus.Complete)
            {
                _origin = (reading.Header.Source?.ToEndPoint(), reading.Header.Destination?.ToEndPoint());
                Peer = _origin.Source?.Address ?? Peer;
                _input.Consume(reading.Length);
                AwaitRequest();
                return;
            }
        }
    }

    private void RefuseProxyHeader(string problem)
    {
        Host.ProxyHeaderRefused(Peer, problem);
        Finish(reset: false);
    }

    private void ReadHead()
    {
        while (true)
        {
            if (_input is { IsEmpty: false } && TakeRequest())
            {
                return;
            }
            var wasEmpty = _input is null;
            if (_input is { } full && full.Length >= full.Capacity - (full.Capacity / 4) && !MakeRoom())
            {
                return;
            }
            switch (ReadInput())
            {
                case Pending:
                    if (_isFirst && _input is not null)
                    {
                        AcknowledgeAtOnce();
                    }
                    return;
                case End or Broken:
                    Finish(reset: false);
                    return;
                default:
                    if (wasEmpty)
                    {
                        SetDeadline(HeadLimit);
                    }
                    break;
            }
        }
    }

    /// <summary>A head that fills its buffer gets a large one; one that fills that is refused.</summary>
    private bool MakeRoom()
    {
        if (_input!.Capacity == BufferPool.Size)
        {
            Loop.Buffers.Enlarge(ref _input);
            return true;
        }
        var hasLine = _input.Filled.Contains((byte)'\n');
        Answer(hasLine ? Refusal.HeadTooLarge : Refusal.TargetTooLong, TimeSpan.Zero, Closing.Lingering);
        return false;
    }

    /// <summary>Begins the request whose head is there; false when more of it is needed.</summary>
    private bool TakeRequest()
    {
        var input = _input!;
        if (_isFirst && input.Filled.StartsWith("PRI "u8[..Math.Min(4, input.Length)]))
        {
            // HTTP/2 with prior knowledge (RFC 9113 section 3.4).
            return input.Length >= 4 && HandOver();
        }
        var request = _http.Request;
        if (request.Parse(input.Filled, out var length) is { } refusal)
        {
            Answer(refusal, TimeSpan.Zero, Closing.Lingering);
            return true;
        }
        if (length == 0)
        {
            return false;
        }
        // The host is written twice.
        if (length > LongestHead || length + (2 * request.Authority.Length) + RequestHeadWriter.Added > BufferPool.LargeSize)
        {
            Answer(Refusal.HeadTooLarge, TimeSpan.Zero, Closing.Lingering);
            return true;
        }
        if (request.IsConnect)
        {
            Answer(Refusal.NoTunnel, TimeSpan.Zero, Closing.Lingering);
            return true;
        }
        if (request.Authority.Length == 0 && (request.IsHttp11 || request.HasBody))
        {
            return HandOver();
        }
        if (request.IsOptionsOfServer && !request.HasBody)
        {
            // About the server as a whole (RFC 9110 section 9.3.7), and that is this one.
            input.Consume(length);
            AnswerNoContent(ClosingOf(request));
            return true;
        }
        return Route(input, length);
    }

    private bool Route(ByteBuffer input, int length)
    {
        var request = _http.Request;
        var head = input.FilledMemory[..length];
        var match = Host.Match(_http.RouteOf(this, head));
        if (match.Service is null)
        {
            var refusal = match.IsMatch ? Refusal.NoEndpoint : Host.AllSourcesSpoke ? Refusal.NoRouteTo(Encoding.Latin1.GetString(request.Authority.Of(head.Span))) : Refusal.NotReady;
            input.Consume(length);
            Answer(refusal, TimeSpan.Zero, ClosingOf(request), request.IsHead);
            return true;
        }
        if ((match.Mirror is not null && !request.WantsUpgrade) || !HttpExchange.CanServe(match.Service.Snapshot))
        {
            return HandOver();
        }
        match.FallbackOf?.CountRequest();
        match.Service.CountRequest();
        _phase = Phase.Exchange;
        _exchange = _http.RentExchange();
        _exchange.Prepare(this, match.Service, match.Tag, head.Span);
        input.Consume(length);
        _exchange.Start();
        if (_isFirst && _exchange is { HasRequest: false })
        {
            AcknowledgeAtOnce();
        }
        _isFirst = false;
        return true;
    }

    /// <summary>A client that sends the rest of its first request only when the beginning has been acknowledged is not kept waiting.</summary>
    private void AcknowledgeAtOnce()
    {
        if (Peer is not null)
        {
            TcpOptions.AcknowledgeAtOnce(Descriptor, isOn: true);
        }
    }

    /// <summary>
    /// The client and what it connected to: by the PROXY header, else by the socket; without addresses on a Unix socket. False
    /// when the connection has broken, and the kernel has forgotten: nothing may be done for a client that could be anybody.
    /// </summary>
    private bool TryGetEnds(out IPEndPoint? source, out IPEndPoint? destination)
    {
        (source, destination) = _origin.Source is null ? (ConnectionEnds.Remote(Descriptor), ConnectionEnds.Local(Descriptor)) : _origin;
        return source is not null || Peer is null;
    }

    private bool HandOver()
    {
        if (!TryGetEnds(out var source, out var destination))
        {
            Finish(reset: true);
            return true;
        }
        if (_isFirst)
        {
            AcknowledgeAtOnce();
        }
        var received = _input!.Filled.ToArray();
        Release();
        Loop.CountOut();
        Host.HandOver(Detach(), source, destination, received);
        return true;
    }

    /// <summary>What becomes of the connection after an answer to this request, of which only the head is read.</summary>
    private Closing ClosingOf(RequestHead request) =>
        request.HasBody ? Closing.Lingering
        : !request.KeepAlive ? Closing.AtOnce
        : Host.IsClosing ? Closing.Lingering
        : Closing.No;

    private void AwaitRequest()
    {
        ReturnEmptyInput();
        _phase = Phase.Head;
        SetDeadline(_input is null ? IdleLimit : HeadLimit);
        if (_input is not null || HasInput)
        {
            // A turn for the others first: a client that pipelines without end must not have the loop for itself.
            Loop.Schedule(this);
        }
    }

    private void AnswerNoContent(Closing closing)
    {
        _output = Loop.Buffers.Rent();
        _output.Write("HTTP/1.1 204 No Content\r\nDate: "u8);
        _output.Write(_http.Date);
        _output.Write(closing == Closing.No ? "\r\n\r\n"u8 : "\r\nConnection: close\r\n\r\n"u8);
        BeginAnswer(closing);
    }

    private void Answer(Refusal refusal, TimeSpan retryAfter, Closing closing, bool isHead = false)
    {
        if (closing == Closing.No && Host.IsClosing)
        {
            closing = Closing.Lingering;
        }
        Loop.Buffers.Return(ref _output);
        _output = Loop.Buffers.Rent();
        RefusalWriter.Write(_output, refusal, retryAfter, closing != Closing.No, isHead, _http.Date);
        BeginAnswer(closing);
    }

    private void BeginAnswer(Closing closing)
    {
        _isFirst = false;
        _closing = closing;
        _phase = Phase.Answer;
        SetDeadline(AnswerLimit);
        SendAnswer();
    }

    private void SendAnswer()
    {
        while (!_output!.IsEmpty)
        {
            switch (Send(_output.Filled, isLast: _closing != Closing.No))
            {
                case Pending:
                    return;
                case Broken:
                    Finish(reset: false);
                    return;
                case var count:
                    _output.Consume(count);
                    break;
            }
        }
        Loop.Buffers.Return(ref _output);
        AfterAnswer(_closing);
    }

    private void AfterAnswer(Closing closing)
    {
        if (closing == Closing.No)
        {
            AwaitRequest();
        }
        else if (closing == Closing.AtOnce && !HasInput && _input is null or { IsEmpty: true })
        {
            Finish(reset: false);
        }
        else
        {
            Linger();
        }
    }

    /// <summary>Sends no more, and reads away what comes until the client has closed.</summary>
    private void Linger()
    {
        EndSending();
        Loop.Buffers.Return(ref _input);
        _phase = Phase.Linger;
        SetDeadline(LingerLimit);
        ReadAway();
    }

    private void ReadAway()
    {
        while (true)
        {
            var count = ReadInput();
            if (count == Pending)
            {
                return;
            }
            if (count is End or Broken || (_lingered += count) > LingerBytes)
            {
                Finish(reset: false);
                return;
            }
            _input!.Clear();
        }
    }

    private void Release()
    {
        _http.Connections.Remove(this);
        Loop.Timers.Remove(_timer);
        _own?.End();
        Loop.Buffers.Return(ref _input);
        Loop.Buffers.Return(ref _output);
    }
}
