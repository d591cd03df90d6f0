namespace LoadBalancer.Core.Resilience;

/// <summary>What a <see cref="CircuitBreaker"/> is and why, as one immutable thing.</summary>
/// <param name="State">Closed, open or half open.</param>
/// <param name="Reason">Why, for an operator; empty for a breaker that never opened.</param>
/// <param name="Since">The timestamp of the change.</param>
/// <param name="Until">The timestamp at which an open one lets probes pass.</param>
/// <param name="Openings">How often in a row it has opened: it starts over when it was closed for a whole window.</param>
/// <param name="Era">The number of changes before.</param>
public sealed record BreakerPhase(BreakerState State, string Reason, long Since, long Until, int Openings, int Era);
