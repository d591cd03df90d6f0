using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Stickiness;

namespace LoadBalancer.Core.Dispatching;

/// <summary>
/// One request's or connection's way to an endpoint, the same for every engine and layer: which endpoint is tried, what
/// a failure means, and whether another one is tried. A mutable struct so that it costs no allocation: keep it in one
/// place, never copy it, use it from one thread at a time.
/// </summary>
/// <remarks>
/// <see cref="Begin"/>, then <see cref="Next"/> for each attempt; an attempt ends with <see cref="TryAgain"/> when it failed,
/// with <see cref="TryAnother"/> when its answer is not good enough, or with <see cref="End"/>. When there is none because
/// <see cref="IsFull"/>: <see cref="Wait"/>, then <see cref="Resume"/>. Without an endpoint the answer is <see cref="Refusal"/>.
/// </remarks>
public struct Dispatch
{
    private Lease _lease;
    private PickContext _tried;
    private Picker? _picker;
    private string _tag;
    private EndpointState? _chosen;
    private long _begun;
    private long _waitsSince;
    private long _waited;
    private int _repeats;
    private bool _isCounted;
    private bool _hasExpired;
    private bool _isHedged;

    /// <summary>The service; null before <see cref="Begin"/>.</summary>
    public Service? Service { get; private set; }

    /// <summary>The truth that the request goes by.</summary>
    public ServiceSnapshot? Snapshot { get; private set; }

    /// <summary>How the last attempt failed; none when there was no endpoint to try.</summary>
    public AttemptFailure Failure { get; private set; }

    /// <summary>The endpoint of the running attempt, else null.</summary>
    public readonly Endpoint? Endpoint => _lease.Endpoint;

    /// <summary>True when there was no endpoint only because each is at its limit, or others wait already.</summary>
    public bool IsFull { get; private set; }

    /// <summary>What to answer when no attempt succeeded or none could be made.</summary>
    public readonly Refusal Refusal =>
        _hasExpired ? Refusal.QueueTimeout
        : IsFull ? Refusal.EndpointsFull
        : Refusal.Of(Failure);

    /// <summary>What of the request <see cref="Hash"/> is to be made from; null when nothing.</summary>
    public readonly HashKey? HashOn => _picker?.HashOn;

    /// <summary>The hash of the request's key; null when it has none.</summary>
    public ulong? Hash
    {
        readonly get => _tried.Hash;
        set => _tried.Hash = value;
    }

    /// <summary>How a client stays at its endpoint; null when it does not.</summary>
    public readonly StickyTable? Sticky => Snapshot?.Sticky;

    /// <summary>What the client's cookie says, see <see cref="StickyTable.Read(ReadOnlySpan{char})"/>; null when nothing.</summary>
    public ulong? Token { readonly get; set; }

    /// <summary>
    /// The token that the client must be given with the answer of the running attempt; null when its cookie has it already, or
    /// the service is not sticky.
    /// </summary>
    public readonly ulong? NewToken =>
        Sticky is { } sticky && _lease.Endpoint is { } endpoint && sticky.TokenOf(endpoint) is var token && token != Token ? token : null;

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
        _picker = Snapshot.PickerFor(tag, out _tag);
        _begun = now;
    }

    /// <summary>Leases the endpoint to try now; null when there is none (left).</summary>
    public Endpoint? Next()
    {
        IsFull = false;
        var state = _chosen ?? NextSticky() ?? _picker?.Pick(ref _tried);
        _chosen = null;
        if (state is null)
        {
            return null;
        }
        if (!_isCounted)
        {
            _isCounted = true;
            Service!.RetryState?.Budget?.Deposit(_begun);
        }
        if (state.MaxInFlight > 0)
        {
            return NextWithRoom(state);
        }
        _lease = Lease.Begin(state.Endpoint);
        return state.Endpoint;
    }

    /// <summary>After <see cref="IsFull"/>: takes a place that has become free since, or waits for one.</summary>
    /// <param name="entry">To wait with; free for use.</param>
    /// <param name="now">The clock's timestamp.</param>
    /// <returns>
    /// <see cref="QueueAnswer.Entered"/>: go on with <see cref="Endpoint"/>, which is null when nobody is left;
    /// <see cref="QueueAnswer.Waiting"/>: a callback will come, unless the entry is taken out of the service's
    /// <see cref="Service.EndpointQueue"/> first; then <see cref="Resume"/>.
    /// </returns>
    public QueueAnswer Wait(EndpointEntry entry, long now)
    {
        ArgumentNullException.ThrowIfNull(entry);
        entry.Want(_tag, in _tried);
        // Who has waited before does not begin anew, neither in line nor with the deadline.
        _waitsSince = now - _waited;
        var answer = Service!.EndpointQueue!.Enter(entry, _waitsSince);
        if (answer == QueueAnswer.Entered)
        {
            Hold(entry);
        }
        return answer;
    }

    /// <summary>After the wait: the endpoint to try now; null when the wait expired or nobody is left.</summary>
    /// <param name="entry">The one that waited.</param>
    /// <param name="granted">Whether <see cref="IWaiter.Granted"/> was called.</param>
    /// <param name="now">The clock's timestamp.</param>
    public Endpoint? Resume(EndpointEntry entry, bool granted, long now)
    {
        ArgumentNullException.ThrowIfNull(entry);
        _waited = now - _waitsSince;
        _hasExpired = !granted;
        if (granted)
        {
            Hold(entry);
        }
        return Endpoint;
    }

    /// <summary>The TCP connection is made, see <see cref="Lease.Answered"/>.</summary>
    public void Answered() => _lease.Answered();

    /// <summary>The head of the response is there, see <see cref="Lease.Answered"/>.</summary>
    /// <param name="status">Its status code.</param>
    public void Answered(int status) => _lease.Answered(Snapshot!.Policy.Outliers.IsError(status));

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
            // time out only until the client has waited twice the limit, not counting what it waited in line.
            return policy.Retry.OnConnectFailure && _tried.Count < PickContext.MaxTries && time.GetElapsedTime(_begun + _waited) < policy.Timeouts.Connect * 2;
        }
        return failure switch
        {
            AttemptFailure.Reset => policy.Retry.OnReset && isRepeatable && TryRepeat(orAgain: true, time),
            AttemptFailure.Timeout => policy.Retry.OnTimeout && isRepeatable && TryRepeat(orAgain: false, time),
            _ => false,
        };
    }

    /// <summary>
    /// Decides on the answer of the running attempt before anything of it went on: true when it is to be thrown away and
    /// the next endpoint asked, which had room a moment ago. The attempt has ended then.
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
        if (!TryRepeat(orAgain: false, time))
        {
            return false;
        }
        // It did answer.
        _lease.End(LeaseOutcome.Succeeded);
        return true;
    }

    /// <summary>
    /// Leases a second endpoint for a request that waits for its answer, and for which doing it twice is the same as doing
    /// it once; null when there is none with room, the budget is used up, the request was hedged before, or it is part of a
    /// session, which no other endpoint knows. End it, or <see cref="Take"/> it.
    /// </summary>
    /// <param name="time">The clock.</param>
    public Hedge? TryHedge(TimeProvider time)
    {
        if (_isHedged || (Token is not null && NewToken is null))
        {
            return null;
        }
        Exclude(_lease.Endpoint!);
        if (_picker!.Pick(ref _tried) is not { HasRoom: true, Endpoint: var second } state || !TryWithdraw(time) || !second.TryBegin(state.MaxInFlight))
        {
            return null;
        }
        _isHedged = true;
        Exclude(second);
        return new Hedge(Lease.Over(second));
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

    /// <summary>Takes one from the attempts and from the budget, and chooses the endpoint to ask.</summary>
    /// <param name="orAgain">
    /// Whether the one that was asked last will do, when there is no other: it may have closed a kept connection just when the
    /// request came.
    /// </param>
    /// <param name="time">The clock.</param>
    private bool TryRepeat(bool orAgain, TimeProvider time)
    {
        if (_repeats >= Snapshot!.Policy.Retry.Attempts)
        {
            return false;
        }
        var next = orAgain && _repeats == 0 && AgainSticky() is { } same ? same : _picker!.Pick(ref _tried);
        if (next is null && orAgain)
        {
            _tried.Readmit();
            next = _picker!.Pick(ref _tried);
        }
        if (next is not { } state || !(state.HasRoom || orAgain) || !TryWithdraw(time))
        {
            return false;
        }
        _repeats++;
        _chosen = state;
        return true;
    }

    /// <summary>The endpoint of the client's cookie, unless it has been tried.</summary>
    private readonly EndpointState? NextSticky() =>
        _picker is not null && Token is { } token && Sticky?.Find(token, _tag) is { } state && !_tried.IsExcluded(state.Endpoint) ? state : null;

    /// <summary>
    /// The endpoint of the client's cookie when it was asked last: what closed the connection may have been a kept one, just
    /// when the request came, and that is no reason to lose a session.
    /// </summary>
    private EndpointState? AgainSticky()
    {
        if (Token is not { } token || Sticky?.Find(token, _tag) is not { } state || !_tried.IsLast(state.Endpoint))
        {
            return null;
        }
        _tried.Readmit();
        return state;
    }

    private void Exclude(Endpoint endpoint)
    {
        if (!_tried.IsExcluded(endpoint))
        {
            _tried.Exclude(endpoint);
        }
    }

    private Endpoint? NextWithRoom(EndpointState picked)
    {
        // Those who wait come first, and whether that is so is the queue's to say.
        if (Service!.EndpointQueue!.Waiting == 0)
        {
            var endpoint = picked.Endpoint.TryBegin(picked.MaxInFlight) ? picked.Endpoint : EndpointPlace.Take(_picker!, ref _tried, out _);
            if (endpoint is not null)
            {
                _lease = Lease.Over(endpoint);
                return endpoint;
            }
        }
        IsFull = true;
        return null;
    }

    /// <summary>
    /// Leases what the wait has brought, and goes on by the snapshot by which it was granted: the endpoint, its token and its
    /// tag may be gone from the snapshot of this moment.
    /// </summary>
    private void Hold(EndpointEntry entry)
    {
        IsFull = false;
        Snapshot = entry.GrantedBy!;
        _picker = Snapshot.PickerFor(_tag);
        if (entry.Granted is { } endpoint)
        {
            _lease = Lease.Over(endpoint);
        }
    }
}
