using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Stickiness;

namespace LoadBalancer.Core.Dispatching;

/// <summary>
/// One request's or connection's way to an endpoint, the same for every engine and layer: which endpoint is tried, what
/// a failure means, and whether another one is tried. A mutable struct so that it costs no allocation: keep it in one
/// place, never copy it, use it from one thread at a time.
/// </summary>
/// <remarks>
/// <see cref="Begin"/>, then <see cref="Next"/> for each attempt; an attempt ends with <see cref="TryAgain"/> when it failed,
/// or with <see cref="End"/>.
/// </remarks>
public struct Dispatch
{
    private Lease _lease;
    private PickContext _tried;
    private Picker? _picker;
    private Endpoint? _again;
    private string? _tag;
    private long _begun;
    private int _repeats;

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
        _picker = Snapshot.PickerFor(tag);
        _tag = Snapshot.Sticky is null ? null : tag.ToString();
        _begun = now;
    }

    /// <summary>Leases the endpoint to try now; null when there is none (left).</summary>
    public Endpoint? Next()
    {
        var endpoint = NextSticky() ?? _picker?.Pick(ref _tried)?.Endpoint ?? _again;
        _again = null;
        if (endpoint is not null)
        {
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
        if (!_tried.IsExcluded(endpoint))
        {
            _tried.Exclude(endpoint);
        }
        var policy = Snapshot!.Policy;
        if (failure.IsUnsent())
        {
            // Refused connections cost nothing and are tried widely; those that time out only until the client has waited
            // twice the limit.
            return _tried.Count < PickContext.MaxTries && time.GetElapsedTime(_begun) < policy.ConnectTimeout * 2;
        }
        if (failure != AttemptFailure.Reset || !isRepeatable || _repeats == policy.Retries || Service!.Guard?.RetryBudget?.TryWithdraw(time.GetTimestamp()) == false)
        {
            return false;
        }
        _repeats++;
        // The only endpoint may have closed a kept connection just when the request came: it is asked once more.
        _again = endpoint;
        return true;
    }

    /// <summary>Ends the running attempt, if there is one.</summary>
    public void End(LeaseOutcome outcome) => _lease.End(outcome);

    /// <summary>
    /// The endpoint of the client's cookie. Asked a second time when it closed the connection, because that may have been
    /// a kept one just when the request came: no reason to lose a session.
    /// </summary>
    private readonly Endpoint? NextSticky() =>
        Token is { } token && Sticky?.Find(token, _tag!) is { } endpoint && (!_tried.IsExcluded(endpoint) || (_repeats == 1 && endpoint == _again)) ? endpoint : null;
}
