using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Http;

/// <summary>The answer's way: from the endpoint to the client.</summary>
internal sealed partial class HttpExchange
{
    /// <summary>Bytes that are copied more cheaply than they are left in place.</summary>
    private const int FewBytes = 1024;

    private BodyTransfer _response;
    private ByteBuffer? _fromUpstream;
    private ByteBuffer? _toClient;
    private bool _hasAnswerBegun;
    private bool _hasHead;
    private bool _upstreamKeepsAlive;
    private bool _closesClient;

    /// <summary>One step of the answer's way; false when the exchange has ended or begun another attempt.</summary>
    private bool SendResponse(ref bool moved)
    {
        if (_toClient is null && !(_hasHead ? FillResponse(ref moved) : ReadHead(ref moved)))
        {
            return false;
        }
        if (_toClient is not null)
        {
            var count = _client.Send(_toClient.Filled, isLast: _hasHead && _response.IsDone && ClosingOf(_closesClient) != Closing.No);
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
            if (_isSwitching)
            {
                BeginTunnel();
                return false;
            }
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
            if (_upstream!.IsReused && _upstream.HasInput && (!_hasBegun || (_upstream.TakenIn == Loop.Round && _isKept && _isIdempotent)))
            {
                // It came before anything was asked: it is the connection's end, or says something to somebody else.
                Reconnect();
                return false;
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
                    else if (_upstream!.IsReused && _isKept && _isIdempotent)
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
        if (response.IsInterim)
        {
            return TakeInterim(response, head);
        }
        _dispatch.Answered(response.Status);
        if (response.Status >= StatusSet.Min && Discard(response, length))
        {
            return false;
        }
        _admission.Answered(AttemptFailures.OutcomeOf(response.Status), Loop.Timestamp);
        _hasHead = true;
        _upstreamKeepsAlive &= response.KeepAlive;
        // From here on it cannot be sent again.
        _isKept = false;
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
        var cookie = NewCookie();
        var room = length + SessionCookie.RoomFor(cookie);
        if (room + ResponseHeadWriter.Added > BufferPool.LargeSize)
        {
            _hasHead = false;
            Failed(AttemptFailure.Malformed);
            return false;
        }
        _toClient = RentFor(room);
        ResponseHeadWriter.Write(_toClient, response, head, isChunked, connection, _http.Date, cookie);
        _fromUpstream.Consume(length);
        if (PutHeadBeforeBody())
        {
            return true;
        }
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

    /// <summary>
    /// Leaves the body that is there where it is: the new head takes the place of the old one, and the buffer with both goes to
    /// the client.
    /// </summary>
    private bool PutHeadBeforeBody()
    {
        if (_fromUpstream!.Length < FewBytes || !_fromUpstream.HasRoomBefore(_toClient!.Length) || !_response.TryTakeAll(_fromUpstream, _http.Trailers))
        {
            return false;
        }
        _fromUpstream.Prepend(_toClient.Filled);
        (_toClient, _fromUpstream) = (_fromUpstream, _toClient);
        Loop.Buffers.Return(ref _fromUpstream);
        return true;
    }

    private bool TakeInterim(ResponseHead response, ReadOnlySpan<byte> head)
    {
        if (response.Status == 101)
        {
            return TakeSwitch(response, head);
        }
        if (_isHttp11)
        {
            _toClient = RentFor(head.Length);
            ResponseHeadWriter.Write(_toClient, response, head, isChunked: false, default, default);
        }
        _fromUpstream!.Consume(head.Length);
        return true;
    }

    /// <summary>What keeps the client at this endpoint; null when nothing is to be said.</summary>
    private string? NewCookie() => _dispatch.NewToken is { } token ? _dispatch.Sticky!.SetCookie(token, _isTls) : null;

    private ByteBuffer RentFor(int head) => head + ResponseHeadWriter.Added <= BufferPool.Size ? Loop.Buffers.Rent() : Loop.Buffers.RentLarge();

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
}
