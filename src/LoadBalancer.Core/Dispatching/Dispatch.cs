using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Dispatching;

/// <summary>
/// One request's or connection's way to an endpoint, the same for every engine and layer: which endpoint is tried, what
/// a failure means, and whether another one is tried. A mutable struct so that it costs no allocation: keep it in one
/// place, never copy it, use it from one thread at a time.
/// </summary>
/// <remarks>
/// <see cref="Begin"/>, then <see cref="Next"/> for each attempt; an attempt ends with <see cref="TryAgain"/> when it failed,
/// with <see cref="TryAnother"/> when its answer is not good enough, or with <see cref="End"/>.
/// </remarks>
public struct Dispatch
{
    private Lease _lease;
    private PickContext _tried;
    private Picker? _picker;
    private Endpoint? _chosen;
    private long _begun;
    private int _repeats;
    private bool _isHedged;

    /// <summary>The service; null before <see cref="Begin"/>.</summary>
    public Service? Service { get; private set; }

    /// <summary>The truth that the request goes by.</summary>
    public ServiceSnapshot? Snapshot { get; private set; }

    /// <summary>How the last attempt failed; none when there was no endpoint to try.</summary>
    public AttemptFailure Failure { get; private set; }

    /// <summary>What of the request <see cref="Hash"/> is to be made from; null when nothing.</summary>
    public readonly HashKey? HashOn => _picker?.HashOn;

    /// <summary>The hash of the request's key; null when it has none.</summary>
    public ulong? Hash
    {
        readonly get => _tried.Hash;
        set => _tried.Hash = value;
    }

    /// <summary>
    /// Takes the snapshot of this moment. Called again after a wait for a place, because endpoints may have come and gone
    /// meanwhile.
    /// </summary>
    /// <param name="service">Where the request goes.</param>
    /// <param name="tag">Only endpoints with this tag; empty for all.</param>
    /// <param name="now">The clock's timestamp.</param>
    public void Begin(Service service, ReadOnlySpan<char> tag, long now)
    {
        Service = service;
        Snapshot = service.Snapshot;
        _picker = Snapshot.PickerFor(tag);
        _begun = now;
    }

    /// <summary>Leases the endpoint to try now; null when there is none (left).</summary>
    public Endpoint? Next()
    {
        var endpoint = _chosen ?? _picker?.Pick(ref _tried)?.Endpoint;
        _chosen = null;
        if (endpoint is not null)
        {
            if (_tried.Count == 0)
            {
                Service!.RetryState?.Budget?.Deposit(_begun);
            }
            _lease = Lease.Begin(endpoint);
        }
        return endpoint;
    }

    /// <inheritdoc cref="Lease.Answered"/>
    public void Answered() => _lease.Answered();

    /// <summary>Ends a failed attempt; true when another one may be made.</summary>
    /// <param name="failure">How it failed.</param>
    /// <param name="isRepeatable">
    /// True when doing the request twice is the same as doing it once (RFC 9110 section 9.2.2) and all of it can be sent again.
    /// </param>
    /// <param name="time">The clock.</param>
    public bool TryAgain(AttemptFailure failure, bool isRepeatable, TimeProvider time)
    {
        var endpoint = _lease.Endpoint!;
        _lease.End(failure.Outcome());
        Failure = failure;
        Exclude(endpoint);
        var policy = Snapshot!.Policy;
        if (IsExpired(time))
        {
            return false;
        }
        if (failure.IsUnsent())
        {
            // Refused connections cost the service nothing: they are tried widely and outside of the budget, those that
            // time out only until the client has waited twice the limit.
            return policy.Retry.OnConnectFailure && _tried.Count < PickContext.MaxTries && time.GetElapsedTime(_begun) < policy.Timeouts.Connect * 2;
        }
        return failure switch
        {
            // The only endpoint may have closed a kept connection just when the request came: it is asked once more.
            AttemptFailure.Reset => policy.Retry.OnReset && isRepeatable && TryRepeat(endpoint, time),
            AttemptFailure.Timeout => policy.Retry.OnTimeout && isRepeatable && TryRepeat(null, time),
            _ => false,
        };
    }

    /// <summary>
    /// Decides on the answer of the running attempt before anything of it went on: true when it is to be thrown away and
    /// the next endpoint asked, which is certain to exist. The attempt has ended then.
    /// </summary>
    /// <param name="status">Its status code.</param>
    /// <param name="isRepeatable"><inheritdoc cref="TryAgain" path="/param[@name='isRepeatable']"/></param>
    /// <param name="time">The clock.</param>
    public bool TryAnother(int status, bool isRepeatable, TimeProvider time)
    {
        if (!Snapshot!.Policy.Retry.OnStatuses.Contains(status) || !isRepeatable || IsExpired(time))
        {
            return false;
        }
        Exclude(_lease.Endpoint!);
        if (!TryRepeat(null, time))
        {
            return false;
        }
        // It did answer.
        _lease.End(LeaseOutcome.Succeeded);
        return true;
    }

    /// <summary>
    /// Leases a second endpoint for a request that waits for its answer, and for which doing it twice is the same as doing
    /// it once; null when there is none, the budget is used up, or the request was hedged before. End it, or
    /// <see cref="Take"/> it.
    /// </summary>
    /// <param name="time">The clock.</param>
    public Hedge? TryHedge(TimeProvider time)
    {
        if (_isHedged)
        {
            return null;
        }
        Exclude(_lease.Endpoint!);
        if (_picker!.Pick(ref _tried)?.Endpoint is not { } second || !TryWithdraw(time))
        {
            return null;
        }
        _isHedged = true;
        Exclude(second);
        return new Hedge(second);
    }

    /// <summary>The hedge has won: it is the running attempt from now on.</summary>
    /// <param name="hedge">Its lease.</param>
    /// <param name="first">How the attempt that it replaces ended.</param>
    public void Take(Hedge hedge, LeaseOutcome first)
    {
        _lease.End(first);
        _lease = hedge.Release();
    }

    /// <summary>Ends the running attempt, if there is one.</summary>
    public void End(LeaseOutcome outcome) => _lease.End(outcome);

    private readonly bool IsExpired(TimeProvider time) => Snapshot!.Policy.Timeouts.Request is { } limit && time.GetElapsedTime(_begun) >= limit;

    private readonly bool TryWithdraw(TimeProvider time) => Service!.RetryState?.Budget?.TryWithdraw(time.GetTimestamp()) != false;

    /// <summary>Takes one from the attempts and from the budget, and chooses the endpoint to ask, or <paramref name="otherwise"/>.</summary>
    private bool TryRepeat(Endpoint? otherwise, TimeProvider time)
    {
        if (_repeats >= Snapshot!.Policy.Retry.Attempts || (_picker!.Pick(ref _tried)?.Endpoint ?? otherwise) is not { } next || !TryWithdraw(time))
        {
            return false;
        }
        _repeats++;
        _chosen = next;
        return true;
    }

    private void Exclude(Endpoint endpoint)
    {
        if (!_tried.IsExcluded(endpoint))
        {
            _tried.Exclude(endpoint);
        }
    }
}
