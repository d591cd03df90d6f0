using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Http;

/// <summary>The request's way: from the client to the endpoint.</summary>
internal sealed partial class HttpExchange
{
    private BodyTransfer _request;
    private ByteBuffer? _toUpstream;
    private int _sent;

    /// <summary>The endpoint has been sent a part of it.</summary>
    private bool _hasBegun;

    /// <summary>Where the head lacks its end with the endpoint's address as Host; 0 when the client has named a host. Such a request has no body.</summary>
    private int _hostAt;

    /// <summary>All of the request that has come is still in its buffer.</summary>
    private bool _isKept;
    private bool _isRequestSent;

    /// <summary>True when all that has come of the request was sent, and more is to come.</summary>
    private bool AwaitsClient => !_request.IsDone && (_toUpstream is null || _sent == _toUpstream.Length);

    /// <summary>True when doing the request twice is the same as doing it once, and all of it can be sent again.</summary>
    private bool IsRepeatable => _isKept && _isIdempotent && _request.Content <= _dispatch.Snapshot!.Policy.Retry.BufferLimit;

    /// <summary>True when the body is to be kept for another attempt; then there must be more room, if need be in a large buffer.</summary>
    private bool TryKeep(RequestHead request, ref int room)
    {
        var policy = _dispatch.Snapshot!.Policy.Retry;
        if (!request.IsIdempotent || !policy.MayRepeat || policy.BufferLimit == 0 || request.ContentLength > policy.BufferLimit)
        {
            return false;
        }
        var all = room + (request.IsChunked ? BufferPool.Size : (int)request.ContentLength + BodyTransfer.ChunkFrame);
        if (all > BufferPool.LargeSize)
        {
            return false;
        }
        room = all;
        return true;
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
                _hasBegun = true;
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
        if (!_isKept)
        {
            _sent = 0;
            Loop.Buffers.Return(ref _toUpstream);
            // There is room again.
            moved = true;
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
                case BodyStatus.Data:
                    // No room for the rest.
                    _isKept = false;
                    break;
                case BodyStatus.Complete when _client.HasPeerEnded:
                    // Its end came with that of the request: no further event will tell that it has left.
                    Loop.Schedule(_client);
                    break;
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

    /// <summary>The body breaks the rules: where the request ends is not known.</summary>
    private void BadBody()
    {
        if (_hasHead || _toClient is not null)
        {
            // Perhaps half an interim answer has gone out, or is on its way: no other may follow.
            Leave();
            return;
        }
        _clientKeepsAlive = false;
        Refuse(s_badBody);
    }
}
