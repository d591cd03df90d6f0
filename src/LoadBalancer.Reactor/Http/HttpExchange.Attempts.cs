using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http;

/// <summary>The way to an endpoint: the guard and its queue, one attempt after the other, and what a failure leads to.</summary>
internal sealed partial class HttpExchange
{
    private readonly EndpointEntry _entry;
    private UpstreamConnection? _upstream;
    private Dispatch _dispatch;
    private Admission _admission;
    private ServiceGuard? _guard;
    private Refusal? _refusal;
    private TimeSpan _retryAfter;
    private string _tag = "";
    private volatile bool _isGranted;

    /// <summary>The client left while a place was being granted: the callback gives it back.</summary>
    private bool _hasLeft;

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

    /// <summary>A wait for a place has ended, on the loop's thread.</summary>
    void ILoopTask.Run()
    {
        var isFull = _phase == Phase.Full;
        _phase = Phase.Choosing;
        try
        {
            if (isFull)
            {
                Resume();
            }
            else
            {
                ResumeGuard();
            }
        }
        catch
        {
            // The loop knows of no connection that it could close for a posted task.
            OnFault();
            throw;
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
            _phase = Phase.Choosing;
            Entered(answer);
        }
    }

    private void ResumeGuard()
    {
        if (_hasLeft)
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

    private void Entered(GuardAnswer answer)
    {
        if (answer != GuardAnswer.Admitted)
        {
            Refuse(Refusal.Of(answer));
            return;
        }
        _dispatch.Begin(_dispatch.Service!, _tag, Loop.Timestamp);
        Proceed();
    }

    /// <summary>The service takes the request: from here on its time runs.</summary>
    private void Proceed()
    {
        if (_dispatch.Snapshot!.Policy.Timeouts.Request is { } limit)
        {
            _ends = Loop.Now + (long)limit.TotalMilliseconds;
        }
        Attempt();
    }

    /// <summary>Asks the next endpoint, waits for one with room, or gives up.</summary>
    private void Attempt()
    {
        if (_dispatch.Next() is { } endpoint)
        {
            Ask(endpoint);
        }
        else if (_dispatch.IsFull)
        {
            Wait();
        }
        else
        {
            GiveUp();
        }
    }

    /// <summary>Every endpoint is at its limit.</summary>
    private void Wait()
    {
        _phase = Phase.Full;
        SetDeadline(LoopTimer.Never);
        // The callback may come before this returns; it posts, and is run later.
        if (_dispatch.Wait(_entry, Loop.Timestamp) != QueueAnswer.Waiting)
        {
            _phase = Phase.Choosing;
            AskOrGiveUp(_dispatch.Endpoint);
        }
    }

    private void Resume()
    {
        var endpoint = _dispatch.Resume(_entry, _isGranted, Loop.Timestamp);
        if (_hasLeft)
        {
            End(LeaseOutcome.Canceled, keepUpstream: false);
            return;
        }
        AskOrGiveUp(endpoint);
    }

    private void AskOrGiveUp(Endpoint? endpoint)
    {
        if (endpoint is null || IsExpired)
        {
            GiveUp();
            return;
        }
        Ask(endpoint);
    }

    /// <summary>Takes the client out of the line that it waits in; false when a callback is on its way.</summary>
    private bool LeaveLine() => _phase switch
    {
        Phase.Queued => _guard!.Queue!.Cancel(_entry),
        Phase.Full => _dispatch.Service!.EndpointQueue!.Cancel(_entry),
        _ => true,
    };

    private void Ask(Endpoint endpoint)
    {
        _sent = 0;
        _hasBegun = false;
        _isRequestSent = false;
        if (_hostAt > 0)
        {
            _toUpstream!.Truncate(_hostAt);
            RequestHeadWriter.WriteEnd(_toUpstream, endpoint);
        }
        if (PoolOf(endpoint) is not { } pool)
        {
            Leave();
            return;
        }
        while (pool.Take() is { } idle)
        {
            // What cannot be sent twice is not sent on a connection that may have been closed a moment ago.
            if (!(_isIdempotent && _isKept && _request.IsDone) && idle.IsStale())
            {
                idle.Close();
                continue;
            }
            _upstream = idle;
            idle.Exchange = this;
            idle.TakenIn = Loop.Round;
            _phase = Phase.Running;
            SetIdleDeadline();
            Run();
            return;
        }
        Connect(pool);
    }

    /// <summary>Nobody (else) is asked.</summary>
    private void GiveUp()
    {
        // Without an endpoint to ask nothing was learned.
        _admission.Answered(_dispatch.Failure == AttemptFailure.None ? LeaseOutcome.Canceled : _dispatch.Failure.Outcome(), Loop.Timestamp);
        Refuse(IsExpired ? Refusal.RequestTimeout : _dispatch.Refusal);
    }

    /// <summary>A kept connection was closed just when the request came: that says nothing about the endpoint.</summary>
    private void Reconnect()
    {
        var pool = PoolOf(_upstream!.Endpoint)!;
        DropUpstream();
        _sent = 0;
        _hasBegun = false;
        _isRequestSent = false;
        _upstreamKeepsAlive = true;
        Connect(pool);
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
        ForgetAnswer();
        if (_dispatch.TryAgain(failure, IsRepeatable, Loop.Time) && !IsExpired)
        {
            Attempt();
            return;
        }
        GiveUp();
    }

    /// <summary>
    /// Throws the answer away for that of another endpoint, if its status is one for which that is done; true when the
    /// exchange has begun another attempt.
    /// </summary>
    /// <param name="response">Its head.</param>
    /// <param name="length">How long the head is, at the start of what has come.</param>
    private bool Discard(ResponseHead response, int length)
    {
        if (!_dispatch.TryAnother(response.Status, IsRepeatable, Loop.Time))
        {
            return false;
        }
        // With the whole answer read, the connection can take another request.
        var rest = !response.MayHaveBody || _isHead ? 0 : response.ContentLength;
        if (_isRequestSent && _upstreamKeepsAlive && response.KeepAlive && _fromUpstream!.Length - length == rest)
        {
            _upstream!.Release();
            _upstream = null;
        }
        else
        {
            DropUpstream();
        }
        ForgetAnswer();
        Attempt();
        return true;
    }

    private void ForgetAnswer()
    {
        Loop.Buffers.Return(ref _fromUpstream);
        Loop.Buffers.Return(ref _toClient);
        _hasAnswerBegun = false;
        _upstreamKeepsAlive = true;
    }

    private bool TryAcquire(ServiceRateLimit rate, ReadOnlySpan<byte> head) =>
        rate.Per.Key != RateLimitKey.Header ? rate.TryAcquire(ClientAddress.Of(_http, _client, head), Loop.Timestamp, out _retryAfter)
        : _http.Request.Table.TryFind(head, rate.Per.Header, out var value) ? rate.TryAcquire(value, Loop.Timestamp, out _retryAfter)
        : rate.TryAcquire(ReadOnlySpan<byte>.Empty, Loop.Timestamp, out _retryAfter);
}
