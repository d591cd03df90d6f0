using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Http;

/// <summary>
/// One request and its answer: finds an endpoint, sends it the request as it comes, and the client the answer as it comes.
/// Used again for other requests of its loop.
/// </summary>
/// <remarks>
/// Both directions run at once. Each has a source that is read only when what came before has gone on, so that a slow
/// receiver slows its sender, and memory is bounded by one buffer per direction and side.
/// <para>
/// Until the first byte of an answer the request may be sent again, as long as all of it is still in its buffer.
/// </para>
/// </remarks>
internal sealed class HttpExchange : IWaiter, ILoopTask
{
    /// <summary>Steps per turn: who moves a lot takes turns with the others.</summary>
    private const int MostSteps = 16;

    private static readonly Refusal s_badBody = Refusal.BadRequest(400, "The chunks of the request cannot be understood.");

    private readonly HttpLoop _http;
    private readonly QueueEntry _entry;
    private HttpConnection _client = null!;
    private UpstreamConnection? _upstream;
    private Dispatch _dispatch;
    private Admission _admission;
    private ServiceGuard? _guard;
    private Refusal? _refusal;
    private TimeSpan _retryAfter;
    private string _tag = "";
    private Phase _phase;
    private volatile bool _isGranted;

    // The request's way.
    private BodyTransfer _request;
    private ByteBuffer? _toUpstream;
    private int _sent;

    /// <summary>All of the request is still in its buffer.</summary>
    private bool _isWhole;
    private bool _isRequestSent;

    private bool _isIdempotent;
    private bool _isHead;
    private bool _isHttp11;
    private bool _clientKeepsAlive;

    // The answer's way.
    private BodyTransfer _response;
    private ByteBuffer? _fromUpstream;
    private ByteBuffer? _toClient;
    private bool _hasAnswerBegun;
    private bool _hasHead;
    private bool _upstreamKeepsAlive;
    private bool _closesClient;

    public HttpExchange(HttpLoop http)
    {
        _http = http;
        _entry = new QueueEntry(this);
    }

    private enum Phase : byte
    {
        Free,
        Queued,

        /// <summary>The client left while the place was being granted: waits for the callback to give it back.</summary>
        Leaving,
        Connecting,
        Running,
    }

    private EventLoop Loop => _http.Loop;

    /// <summary>False when the service asks for something that the kestrel engine does.</summary>
    public static bool CanServe(ServiceSnapshot snapshot)
    {
        var policy = snapshot.Policy;
        return policy.Protocol == UpstreamProtocol.Http1 && policy.SendProxyProtocol == ProxyProtocolVersion.Off && policy.Sticky is null && policy.MaxInFlight == 0 && policy.Timeouts.Request is null
            && policy.Retry.Hedge is null && policy.Retry.OnStatuses.IsEmpty
            // A name is looked up when a connection is made, and looking up blocks.
            && !snapshot.HasNames;
    }

    /// <summary>Takes over the request that has just been parsed: all that its head says is used here.</summary>
    public void Prepare(HttpConnection client, Service service, ReadOnlySpan<char> tag, ReadOnlySpan<byte> head)
    {
        var request = _http.Request;
        _client = client;
        _guard = service.Guard;
        _tag = _guard is null ? "" : tag.ToString();
        _dispatch.Begin(service, tag, Loop.Timestamp);
        if (_dispatch.HashOn is { } key)
        {
            _dispatch.Hash = RequestKey.HashOf(_http, key, client, head);
        }
        if (_guard?.RateLimit is { } rate && !TryAcquire(rate, head))
        {
            _refusal = Refusal.RateLimited;
        }
        _isHead = request.IsHead;
        _isIdempotent = request.IsIdempotent;
        _isHttp11 = request.IsHttp11;
        _clientKeepsAlive = request.KeepAlive;
        _request = new BodyTransfer(request.IsChunked ? BodyReader.Chunked : BodyReader.OfLength(request.ContentLength), request.IsChunked);
        _response = default;
        _sent = 0;
        _isRequestSent = false;
        _hasAnswerBegun = false;
        _hasHead = false;
        _upstreamKeepsAlive = true;
        _toUpstream = head.Length + (2 * request.Authority.Length) + RequestHeadWriter.Added < BufferPool.Size ? Loop.Buffers.Rent() : Loop.Buffers.RentLarge();
        RequestHeadWriter.Write(_toUpstream, request, head, client.Peer, client.Host.IsTrusted(client.Peer));
    }

    /// <summary>Begins; the head has been consumed from the client's input.</summary>
    public void Start()
    {
        // As much of the body as is there goes with the head, and all of it may be sent again while it fits.
        if (!FillRequest())
        {
            return;
        }
        _isWhole = _request.IsDone;
        if (_guard is not null)
        {
            Enter(_guard);
        }
        else
        {
            Attempt();
        }
    }

    /// <summary>The client's socket has something new.</summary>
    public void OnClient()
    {
        if (_client.IsHungUp || (_client.HasPeerEnded && !_hasHead && HasLeft()))
        {
            Leave();
            return;
        }
        if (_phase == Phase.Running)
        {
            Run();
        }
    }

    /// <summary>
    /// True when the client has ended its direction and asks for nothing more. Hardly any client does that and waits for the
    /// answer, while every one that goes away looks like that: nginx and Envoy take it for gone, too.
    /// </summary>
    private bool HasLeft() => _request.IsDone && _client.ReadInput() is StreamSocket.End or StreamSocket.Broken && _client.Input is null;

    /// <summary>The endpoint's socket has something new.</summary>
    public void OnUpstream()
    {
        if (_phase == Phase.Connecting)
        {
            if (!_upstream!.HasConnected)
            {
                return;
            }
            if (TcpConnect.Error(_upstream!.Descriptor) is var errno && errno != 0)
            {
                Failed(FailureOf(errno));
                return;
            }
            _phase = Phase.Running;
            SetIdleDeadline();
        }
        Run();
    }

    public void OnDeadline()
    {
        switch (_phase)
        {
            case Phase.Connecting:
                Failed(AttemptFailure.Connect);
                break;
            case Phase.Running:
                // Who was waited for is to blame.
                Failed(!_request.IsDone && _toUpstream is null && !_hasHead ? AttemptFailure.ClientTimeout : AttemptFailure.Timeout);
                break;
            default:
                break;
        }
    }

    /// <summary>Something threw: ends both sides.</summary>
    public void OnFault() => _client.Abort();

    /// <summary>The client is no longer there to answer, or the loop stops.</summary>
    public void Abandon()
    {
        if (_phase == Phase.Queued && !_guard!.Queue!.Cancel(_entry))
        {
            _phase = Phase.Leaving;
            return;
        }
        End(LeaseOutcome.Canceled, keepUpstream: false);
    }

    void IWaiter.Granted()
    {
        _isGranted = true;
        Loop.Post(this);
    }

    void IWaiter.Expired()
    {
        _isGranted = false;
        Loop.Post(this);
    }

    /// <summary>The wait for a place has ended, on the loop's thread.</summary>
    void ILoopTask.Run()
    {
        if (_phase == Phase.Leaving)
        {
            if (_isGranted)
            {
                _guard!.Queue!.Exit();
            }
            End(LeaseOutcome.Canceled, keepUpstream: false);
        }
        else if (_isGranted)
        {
            Entered(_guard!.Resume(ref _admission, Loop.Timestamp, out _retryAfter));
        }
        else
        {
            Refuse(Refusal.QueueTimeout);
        }
    }

    private void Enter(ServiceGuard guard)
    {
        if (_refusal is not null)
        {
            Refuse(_refusal);
            return;
        }
        _phase = Phase.Queued;
        _client.ClearDeadline();
        // The callback may come before this returns; it posts, and is run later.
        var answer = guard.Arrive(ref _admission, _entry, Loop.Timestamp, out _retryAfter);
        if (answer != GuardAnswer.Waiting)
        {
            Entered(answer);
        }
    }

    private void Entered(GuardAnswer answer)
    {
        if (answer != GuardAnswer.Admitted)
        {
            Refuse(Refusal.Of(answer));
            return;
        }
        _dispatch.Begin(_dispatch.Service!, _tag, Loop.Timestamp);
        Attempt();
    }

    /// <summary>Asks the next endpoint, or gives up.</summary>
    private void Attempt()
    {
        if (_dispatch.Next() is { } endpoint)
        {
            _sent = 0;
            _isRequestSent = false;
            var pool = _http.Upstreams.Of(endpoint);
            while (pool.Take() is { } idle)
            {
                // What cannot be sent twice is not sent on a connection that may have been closed a moment ago.
                if (!(_isIdempotent && _isWhole) && idle.IsStale())
                {
                    idle.Close();
                    continue;
                }
                _upstream = idle;
                idle.Exchange = this;
                _phase = Phase.Running;
                SetIdleDeadline();
                Run();
                return;
            }
            // When that fails at once, Failed has been here, and come back to this method or answered.
            Begin(UpstreamConnection.Connect(pool, out var errno), errno);
            return;
        }
        // Without an endpoint to ask nothing was learned.
        _admission.Answered(_dispatch.Failure == AttemptFailure.None ? LeaseOutcome.Canceled : _dispatch.Failure.Outcome(), Loop.Timestamp);
        Refuse(_dispatch.Refusal);
    }

    /// <summary>A kept connection was closed just when the request came: that says nothing about the endpoint.</summary>
    private void Reconnect()
    {
        var pool = _http.Upstreams.Of(_upstream!.Endpoint);
        DropUpstream();
        _sent = 0;
        _isRequestSent = false;
        _upstreamKeepsAlive = true;
        Begin(UpstreamConnection.Connect(pool, out var errno), errno);
    }

    private void Begin(UpstreamConnection? fresh, int errno)
    {
        _upstream = fresh;
        if (fresh is null)
        {
            Failed(FailureOf(errno));
            return;
        }
        fresh.Exchange = this;
        _phase = Phase.Connecting;
        _client.SetDeadline((long)_dispatch.Snapshot!.Policy.Timeouts.Connect.TotalMilliseconds);
    }

    /// <summary>Moves what can be moved, in both directions.</summary>
    private void Run()
    {
        for (var step = 0; step < MostSteps; step++)
        {
            var moved = false;
            if ((!_isRequestSent && !SendRequest(ref moved)) || !SendResponse(ref moved))
            {
                // The exchange has ended, or begun another attempt.
                return;
            }
            if (!moved)
            {
                return;
            }
        }
        Loop.Schedule(_client);
    }

    /// <summary>One step of the request's way; false when the exchange has ended.</summary>
    private bool SendRequest(ref bool moved)
    {
        if (!FillRequest())
        {
            return false;
        }
        if (_toUpstream is null)
        {
            return true;
        }
        if (_sent < _toUpstream.Length)
        {
            var count = _upstream!.Send(_toUpstream.Filled[_sent..]);
            if (count == StreamSocket.Broken)
            {
                // An answer may have come before (RFC 9112 section 9.5): reading it decides.
                _isRequestSent = true;
                _upstreamKeepsAlive = false;
                return true;
            }
            if (count > 0)
            {
                _sent += count;
                moved = true;
                SetIdleDeadline();
            }
        }
        if (_sent < _toUpstream.Length)
        {
            return true;
        }
        _isRequestSent = _request.IsDone;
        SetIdleDeadline();
        if (!_isWhole)
        {
            _sent = 0;
            Loop.Buffers.Return(ref _toUpstream);
        }
        return true;
    }

    /// <summary>Writes what has come of the body, with the head before it; false when the exchange has ended.</summary>
    private bool FillRequest()
    {
        while (!_request.IsDone)
        {
            switch (_request.Fill(_client.Input, _toUpstream ??= Loop.Buffers.Rent(), _http.Trailers))
            {
                case BodyStatus.NeedMore when _client.ReadInput() is var count and not StreamSocket.Pending:
                    if (count > 0)
                    {
                        continue;
                    }
                    // The request is cut: the endpoint must not take it for whole.
                    Leave();
                    return false;
                case BodyStatus.Malformed:
                    BadBody();
                    return false;
                default:
                    break;
            }
            break;
        }
        _client.ReturnEmptyInput();
        if (_toUpstream is { IsEmpty: true })
        {
            Loop.Buffers.Return(ref _toUpstream);
        }
        return true;
    }

    /// <summary>One step of the answer's way; false when the exchange has ended or begun another attempt.</summary>
    private bool SendResponse(ref bool moved)
    {
        if (_toClient is null && !(_hasHead ? FillResponse(ref moved) : ReadHead(ref moved)))
        {
            return false;
        }
        if (_toClient is not null)
        {
            var count = _client.Send(_toClient.Filled);
            if (count == StreamSocket.Broken)
            {
                Leave();
                return false;
            }
            if (count > 0)
            {
                _toClient.Consume(count);
                moved = true;
                SetIdleDeadline();
            }
            if (!_toClient.IsEmpty)
            {
                return true;
            }
            Loop.Buffers.Return(ref _toClient);
        }
        if (_hasHead && _response.IsDone)
        {
            Complete();
            return false;
        }
        return true;
    }

    /// <summary>Reads the head of the answer; false when the exchange has ended or begun another attempt.</summary>
    private bool ReadHead(ref bool moved)
    {
        while (true)
        {
            if (_fromUpstream is { IsEmpty: false })
            {
                var response = _http.Response;
                if (!response.TryParse(_fromUpstream.Filled, out var length))
                {
                    Failed(AttemptFailure.Malformed);
                    return false;
                }
                if (length > 0)
                {
                    // Also when nothing of it goes on: what comes after it may be here already.
                    moved = true;
                    return TakeHead(response, length);
                }
                if (_fromUpstream.Length >= _fromUpstream.Capacity - ResponseHeadWriter.Added)
                {
                    if (_fromUpstream.Capacity == BufferPool.LargeSize)
                    {
                        Failed(AttemptFailure.Malformed);
                        return false;
                    }
                    Loop.Buffers.Enlarge(ref _fromUpstream);
                }
            }
            switch (ReadUpstream())
            {
                case StreamSocket.Pending:
                    return true;
                case StreamSocket.End or StreamSocket.Broken:
                    if (_hasAnswerBegun)
                    {
                        Failed(AttemptFailure.Malformed);
                    }
                    else if (_upstream!.IsReused && _isWhole && _isIdempotent)
                    {
                        Reconnect();
                    }
                    else
                    {
                        Failed(AttemptFailure.Reset);
                    }
                    return false;
                default:
                    _hasAnswerBegun = true;
                    moved = true;
                    break;
            }
        }
    }

    private bool TakeHead(ResponseHead response, int length)
    {
        var head = _fromUpstream!.Filled[..length];
        _toClient = length + ResponseHeadWriter.Added <= BufferPool.Size ? Loop.Buffers.Rent() : Loop.Buffers.RentLarge();
        if (response.IsInterim)
        {
            if (response.Status == 101)
            {
                // Nobody asked for it.
                Loop.Buffers.Return(ref _toClient);
                Failed(AttemptFailure.Malformed);
                return false;
            }
            if (_isHttp11)
            {
                ResponseHeadWriter.Write(_toClient, response, head, isChunked: false, default, default);
            }
            _fromUpstream.Consume(length);
            if (_toClient.IsEmpty)
            {
                Loop.Buffers.Return(ref _toClient);
            }
            return true;
        }
        _dispatch.Answered(response.Status);
        _admission.Answered(AttemptFailures.OutcomeOf(response.Status), Loop.Timestamp);
        _hasHead = true;
        _upstreamKeepsAlive &= response.KeepAlive;
        // From here on it cannot be sent again.
        _isWhole = false;
        var hasBody = response.MayHaveBody && !_isHead;
        var reader = !hasBody ? BodyReader.None
            : response.IsChunked ? BodyReader.Chunked
            : response.ContentLength >= 0 ? BodyReader.OfLength(response.ContentLength)
            : BodyReader.UntilEnd;
        var hasLength = !hasBody || response.ContentLength >= 0;
        var isChunked = _isHttp11 && response.MayHaveBody && (response.IsChunked || !hasLength);
        _response = new BodyTransfer(reader, isChunked && hasBody);
        // An answer that comes before all of the request does leaves it open where the next request begins.
        _closesClient = !_clientKeepsAlive || !_request.IsDone || _client.Host.IsClosing || (!hasLength && !isChunked);
        var connection = _closesClient ? "close"u8 : _isHttp11 ? default : "keep-alive"u8;
        ResponseHeadWriter.Write(_toClient, response, head, isChunked, connection, _http.Date);
        _fromUpstream.Consume(length);
        // As much of the body as is there goes with the head.
        switch (_response.Fill(_fromUpstream, _toClient, _http.Trailers))
        {
            case BodyStatus.Malformed:
                Failed(AttemptFailure.Malformed);
                return false;
            default:
                return true;
        }
    }

    /// <summary>Reads more of the answer's body; false when the exchange has ended.</summary>
    private bool FillResponse(ref bool moved)
    {
        while (!_response.IsDone)
        {
            if (_fromUpstream is { IsEmpty: false } input && _response.Peek(input, out var count, _http.Trailers) == BodyStatus.Data)
            {
                // Without a frame to add they go on as they are.
                return SendDirectly(input, count, ref moved);
            }
            _toClient = Loop.Buffers.Rent();
            var status = _response.Fill(_fromUpstream, _toClient, _http.Trailers);
            if (!_toClient.IsEmpty)
            {
                return true;
            }
            Loop.Buffers.Return(ref _toClient);
            if (status == BodyStatus.Malformed)
            {
                Failed(AttemptFailure.Broken);
                return false;
            }
            if (status == BodyStatus.Complete)
            {
                return true;
            }
            switch (ReadUpstream())
            {
                case StreamSocket.Pending:
                    return true;
                case StreamSocket.End when _response.EndsWithConnection:
                    _upstreamKeepsAlive = false;
                    _response.EndOfConnection();
                    break;
                case StreamSocket.End or StreamSocket.Broken:
                    Failed(AttemptFailure.Broken);
                    return false;
                default:
                    moved = true;
                    SetIdleDeadline();
                    break;
            }
        }
        return true;
    }

    private bool SendDirectly(ByteBuffer input, int count, ref bool moved)
    {
        count = _client.Send(input.Filled[..count]);
        if (count == StreamSocket.Broken)
        {
            Leave();
            return false;
        }
        if (count > 0)
        {
            _response.Take(input, count);
            moved = true;
            SetIdleDeadline();
        }
        return true;
    }

    private int ReadUpstream()
    {
        if (!_upstream!.HasInput)
        {
            ReturnEmptyInput();
            return StreamSocket.Pending;
        }
        _fromUpstream ??= Loop.Buffers.Rent();
        if (_fromUpstream.Free.IsEmpty)
        {
            _fromUpstream.Compact();
        }
        var count = _upstream.Receive(_fromUpstream.Free);
        if (count > 0)
        {
            _fromUpstream.Advance(count);
        }
        else
        {
            ReturnEmptyInput();
        }
        return count;
    }

    private void ReturnEmptyInput()
    {
        if (_fromUpstream is { IsEmpty: true })
        {
            Loop.Buffers.Return(ref _fromUpstream);
        }
    }

    /// <summary>The time for the next byte; for the first of an answer there may be a time of its own.</summary>
    private void SetIdleDeadline()
    {
        var timeouts = _dispatch.Snapshot!.Policy.Timeouts;
        var limit = _isRequestSent && !_hasHead ? timeouts.FirstByte ?? timeouts.Idle : timeouts.Idle;
        _client.SetDeadline((long)limit.TotalMilliseconds);
    }

    private void Complete()
    {
        var client = _client;
        var closes = _closesClient || !_request.IsDone;
        End(LeaseOutcome.Succeeded, keepUpstream: _upstreamKeepsAlive && _isRequestSent && _fromUpstream is null or { IsEmpty: true });
        client.ExchangeEnded(closes);
    }

    /// <summary>The attempt has failed: another one, or an answer that says so, or a cut when some of an answer went out.</summary>
    private void Failed(AttemptFailure failure)
    {
        var client = _client;
        if (_hasHead || _toClient is not null)
        {
            // The client must not take what it got, perhaps half an interim answer, for all.
            End(failure.Outcome(), keepUpstream: false);
            client.Finish(reset: true);
            return;
        }
        DropUpstream();
        Loop.Buffers.Return(ref _fromUpstream);
        Loop.Buffers.Return(ref _toClient);
        _hasAnswerBegun = false;
        _upstreamKeepsAlive = true;
        if (_dispatch.TryAgain(failure, _isWhole && _isIdempotent, Loop.Time))
        {
            Attempt();
            return;
        }
        _admission.Answered(failure.Outcome(), Loop.Timestamp);
        Refuse(_dispatch.Refusal);
    }

    private static AttemptFailure FailureOf(int errno) => Errno.IsShortage(errno) ? AttemptFailure.Shortage : AttemptFailure.Connect;

    private void DropUpstream()
    {
        if (_upstream is not null)
        {
            _upstream.Exchange = null;
            _upstream.Close();
            _upstream = null;
        }
    }

    /// <summary>The body breaks the rules: where the request ends is not known.</summary>
    private void BadBody()
    {
        if (_hasHead)
        {
            Leave();
            return;
        }
        _clientKeepsAlive = false;
        Refuse(s_badBody);
    }

    private void Refuse(Refusal refusal)
    {
        var (client, retryAfter, isHead) = (_client, _retryAfter, _isHead);
        var close = !_request.IsDone || !_clientKeepsAlive;
        End(LeaseOutcome.Canceled, keepUpstream: false);
        client.ExchangeRefused(refusal, retryAfter, close, isHead);
    }

    /// <summary>The client has gone, or sent half a request.</summary>
    private void Leave()
    {
        var client = _client;
        Abandon();
        client.Finish(reset: true);
    }

    /// <summary>Gives everything back, and itself.</summary>
    private void End(LeaseOutcome outcome, bool keepUpstream)
    {
        _dispatch.End(outcome);
        _admission.End(outcome, Loop.Timestamp);
        if (keepUpstream)
        {
            _upstream!.Release();
            _upstream = null;
        }
        else
        {
            DropUpstream();
        }
        Loop.Buffers.Return(ref _toUpstream);
        Loop.Buffers.Return(ref _fromUpstream);
        Loop.Buffers.Return(ref _toClient);
        _client = null!;
        _dispatch = default;
        _admission = default;
        _guard = null;
        _refusal = null;
        _retryAfter = TimeSpan.Zero;
        _phase = Phase.Free;
        _http.Return(this);
    }

    private bool TryAcquire(ServiceRateLimit rate, ReadOnlySpan<byte> head) =>
        rate.Per.Key != RateLimitKey.Header ? rate.TryAcquire(ClientAddress.Of(_http, _client, head), Loop.Timestamp, out _retryAfter)
        : _http.Request.Table.TryFind(head, rate.Per.Header, out var value) ? rate.TryAcquire(value, Loop.Timestamp, out _retryAfter)
        : rate.TryAcquire(ReadOnlySpan<byte>.Empty, Loop.Timestamp, out _retryAfter);
}
