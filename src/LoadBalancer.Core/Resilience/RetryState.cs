namespace LoadBalancer.Core.Resilience;

/// <summary>
/// What a service remembers for its retries and hedges and what outlives snapshots. A service that does neither has
/// none. Immutable; a change of the policy makes the next one, which takes over the parts whose options are the same.
/// </summary>
public sealed class RetryState
{
    private readonly RetryPolicy _policy;

    private RetryState(RetryPolicy policy, RetryState? before, TimeProvider time)
    {
        _policy = policy;
        Budget = policy.Budget is not { } budget ? null : budget == before?._policy.Budget ? before.Budget : new RetryBudget(budget, time);
        Hedge = policy.Hedge is not { } hedge ? null : hedge == before?._policy.Hedge ? before.Hedge : new HedgeDelay(hedge, time);
    }

    /// <summary>What retries and hedges may add; null for no bound.</summary>
    public RetryBudget? Budget { get; }

    /// <summary>When a request is hedged; null for never.</summary>
    public HedgeDelay? Hedge { get; }

    /// <summary>The state after the policy changed; null when there is nothing to remember.</summary>
    /// <param name="before">The state until now.</param>
    /// <param name="policy">The new policy.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static RetryState? Next(RetryState? before, RetryPolicy policy, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Hedge is null && !(policy.MayRepeat && policy.Budget is not null) ? null
            : before?._policy == policy ? before
            : new RetryState(policy, before, time);
    }
}
