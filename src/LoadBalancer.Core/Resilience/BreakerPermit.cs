namespace LoadBalancer.Core.Resilience;

/// <summary>
/// A request that a <see cref="CircuitBreaker"/> let pass. It remembers the state it passed in: a result from before a
/// change of state says nothing about the state after it.
/// </summary>
public readonly record struct BreakerPermit
{
    internal BreakerPermit(int era) => Era = era;

    internal int Era { get; }
}
