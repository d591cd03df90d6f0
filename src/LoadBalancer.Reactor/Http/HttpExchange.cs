using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
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
/// Until the head of an answer goes on the request may be sent again, as long as all of it that has come is in its buffer.
/// </para>
/// </remarks>
internal sealed partial class HttpExchange : IWaiter, ILoopTask
{
    /// <summary>Steps per turn: who moves a lot takes turns with the others.</summary>
    private const int MostSteps = 16;

    private static readonly Refusal s_badBody = Refusal.BadRequest(400, "The chunks of the request cannot be understood.");

    private readonly HttpLoop _http;
    private HttpConnection _client = null!;
    private Phase _phase;

    /// <summary>When the time of the whole request is over, on the loop's clock.</summary>
    private long _ends;
    private bool _isIdempotent;
    private bool _isHead;
    private bool _isHttp11;
    private bool _isTls;
    private bool _clientKeepsAlive;

    public HttpExchange(HttpLoop http)
    {
        _http = http;
        _entry = new EndpointEntry(this);
    }

    private enum Phase : byte
    {
        Free,

        /// <summary>Waits for a place at the service.</summary>
        Queued,

        /// <summary>Waits for an endpoint with room.</summary>
        Full,

        /// <summary>Neither waits nor has an endpoint.</summary>
        Choosing,
        Connecting,
        Running,

        /// <summary>Relays another protocol.</summary>
        Tunnel,
    }

    private EventLoop Loop => _http.Loop;

    /// <summary>True when the time of the whole request is over.</summary>
    private bool IsExpired => Loop.Now >= _ends;

    /// <summary>True when all of the request has come.</summary>
    public bool HasRequest => _request.IsDone;

    /// <summary>False when the service asks for something that the kestrel engine does.</summary>
    public static bool CanServe(ServiceSnapshot snapshot)
    {
        var policy = snapshot.Policy;
        return policy.Protocol == UpstreamProtocol.Http1 && policy.Retry.Hedge is null;
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
        _ends = LoopTimer.Never;
        _isKept = false;
        var isTrusted = client.Host.IsTrusted(client.Peer);
        if (_dispatch.Sticky is { } sticky)
        {
            _dispatch.Token = SessionCookie.Read(request.Table, head, sticky);
            _isTls = SessionCookie.IsTls(request.Table, head, isTrusted);
        }
        _isHead = request.IsHead;
        _isIdempotent = request.IsIdempotent;
        _isHttp11 = request.IsHttp11;
        _clientKeepsAlive = request.KeepAlive;
        _request = new BodyTransfer(request.IsChunked ? BodyReader.Chunked : BodyReader.OfLength(request.ContentLength), request.IsChunked);
        _response = default;
        _sent = 0;
        _hasBegun = false;
        _isRequestSent = false;
        _hasAnswerBegun = false;
        _hasHead = false;
        _upstreamKeepsAlive = true;
        var room = head.Length + (2 * request.Authority.Length) + RequestHeadWriter.Added;
        if (request.HasBody)
        {
            _isKept = TryKeep(request, ref room);
        }
        _toUpstream = room < BufferPool.Size ? Loop.Buffers.Rent() : Loop.Buffers.RentLarge();
        _upgrade = RequestHeadWriter.Write(_toUpstream, request, head, client.Peer, isTrusted, _dispatch.Sticky);
        _hostAt = request.Authority.Length == 0 ? _toUpstream.Length : 0;
    }

    /// <summary>Begins; the head has been consumed from the client's input.</summary>
    public void Start()
    {
        // As much of the body as is there goes with the head.
        if (!FillRequest())
        {
            return;
        }
        _isKept |= _request.IsDone;
        if (_guard is not null)
        {
            Enter(_guard);
        }
        else
        {
            Proceed();
        }
    }

    /// <summary>The client's socket has something new.</summary>
    public void OnClient()
    {
        if (_phase == Phase.Tunnel)
        {
            RunTunnel();
            return;
        }
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
        if (_phase == Phase.Tunnel)
        {
            RunTunnel();
            return;
        }
        if (_phase == Phase.Connecting)
        {
            if (!_upstream!.HasConnected)
            {
                return;
            }
            if (TcpConnect.Error(_upstream.Descriptor) is var errno && errno != 0)
            {
                ConnectFailed(errno);
                return;
            }
            if (!_upstream.SendFirst())
            {
                ConnectFailed(Errno.ConnectionReset);
                return;
            }
            _addresses = default;
            _phase = Phase.Running;
            SetIdleDeadline();
        }
        Run();
    }

    public void OnDeadline()
    {
        switch (_phase)
        {
            case Phase.Full when LeaveLine():
                GiveUp();
                break;
            case Phase.Connecting:
                Failed(IsExpired ? AttemptFailure.Client : AttemptFailure.Connect);
                break;
            case Phase.Running when IsExpired:
                // Who is slow once the answer has begun is not known.
                Failed(_hasHead || AwaitsClient ? AttemptFailure.Client : AttemptFailure.Timeout);
                break;
            case Phase.Running:
                // Who was waited for is to blame.
                Failed(_isSwitching || (!_hasHead && AwaitsClient) ? AttemptFailure.ClientTimeout : AttemptFailure.Timeout);
                break;
            case Phase.Tunnel:
                SetTunnelDeadline();
                break;
            default:
                break;
        }
    }

    /// <summary>Something threw: ends both sides.</summary>
    public void OnFault() => _client?.Abort();

    /// <summary>The client is no longer there to answer, or the loop stops.</summary>
    public void Abandon()
    {
        if (!LeaveLine())
        {
            _hasLeft = true;
            return;
        }
        if (_phase == Phase.Tunnel)
        {
            // The endpoint must not take what it got for all.
            _upstream!.Close(reset: true);
        }
        End(LeaseOutcome.Canceled, keepUpstream: false);
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

    /// <summary>The time for the next byte; for the first of an answer there may be a time of its own.</summary>
    private void SetIdleDeadline()
    {
        var timeouts = _dispatch.Snapshot!.Policy.Timeouts;
        var limit = _isRequestSent && !_hasHead ? timeouts.FirstByte ?? timeouts.Idle : timeouts.Idle;
        SetDeadline((long)limit.TotalMilliseconds);
    }

    /// <summary>In so many milliseconds, or when the time of the whole request is over.</summary>
    private void SetDeadline(long milliseconds) => _client.SetDeadline(Math.Min(milliseconds, _ends - Loop.Now));

    private void Complete()
    {
        var client = _client;
        var closing = ClosingOf(_closesClient);
        End(LeaseOutcome.Succeeded, keepUpstream: _upstreamKeepsAlive && _isRequestSent && _fromUpstream is null or { IsEmpty: true });
        client.ExchangeEnded(closing);
    }

    private void Refuse(Refusal refusal)
    {
        var (client, retryAfter, isHead) = (_client, _retryAfter, _isHead);
        var closing = ClosingOf(!_clientKeepsAlive);
        End(LeaseOutcome.Canceled, keepUpstream: false);
        client.ExchangeRefused(refusal, retryAfter, closing, isHead);
    }

    /// <summary>Where the next request would begin is not known before this one has been read.</summary>
    private Closing ClosingOf(bool closes) =>
        !_request.IsDone ? Closing.Lingering
        : !_clientKeepsAlive ? Closing.AtOnce
        : closes ? Closing.Lingering
        : Closing.No;

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
        _tunnel?.Release();
        _tunnel = null;
        _isSwitching = false;
        _client = null!;
        _dispatch = default;
        _admission = default;
        _guard = null;
        _refusal = null;
        _hasLeft = false;
        _retryAfter = TimeSpan.Zero;
        _phase = Phase.Free;
        _http.Return(this);
    }
}
