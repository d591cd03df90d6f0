using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Resilience;

/// <summary>
/// What one request holds of its service's guard: a place, a place under the adaptive limit, a breaker's permit. A
/// mutable struct so that it costs no allocation: keep it in one place, never copy it, use it from one thread at a time.
/// It gives back to the parts it took from, whatever was configured since.
/// </summary>
public struct Admission
{
    private RequestQueue? _queue;
    private AdaptiveLimit? _adaptiveLimit;
    private CircuitBreaker? _breaker;
    private BreakerPermit _permit;
    private long _begun;

    /// <summary>
    /// The service has answered, or failed to: with the head of the response, so that a long body or a tunnel counts
    /// neither as slow nor as a probe under way. The first call counts.
    /// </summary>
    public void Answered(LeaseOutcome outcome, long now)
    {
        var breaker = _breaker;
        var adaptiveLimit = _adaptiveLimit;
        _breaker = null;
        _adaptiveLimit = null;
        switch (outcome)
        {
            case LeaseOutcome.Succeeded:
                breaker?.Succeeded(_permit, now);
                adaptiveLimit?.Exit(_begun, now);
                break;
            case LeaseOutcome.Canceled:
                breaker?.Abandoned(_permit);
                adaptiveLimit?.Abandon();
                break;
            default:
                breaker?.Failed(_permit, now);
                adaptiveLimit?.Fail(_begun, now);
                break;
        }
    }

    /// <summary>The request is over. Later calls do nothing.</summary>
    /// <param name="outcome">How, when the service has not <see cref="Answered"/> before.</param>
    /// <param name="now">The provider's timestamp.</param>
    public void End(LeaseOutcome outcome, long now)
    {
        Answered(outcome, now);
        var queue = _queue;
        _queue = null;
        queue?.Exit();
    }

    internal void Take(RequestQueue? queue) => _queue = queue;

    internal void Take(CircuitBreaker? breaker, BreakerPermit permit)
    {
        _breaker = breaker;
        _permit = permit;
    }

    internal void Take(AdaptiveLimit? adaptiveLimit, long now)
    {
        _adaptiveLimit = adaptiveLimit;
        _begun = now;
    }
}
