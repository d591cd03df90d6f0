namespace LoadBalancer.Admin;

/// <summary>A circuit breaker as /api/services shows it.</summary>
/// <param name="State">"closed", "open" or "halfOpen".</param>
/// <param name="Reason">Why, for people; empty for one that never opened.</param>
/// <param name="Opened">How often it ever opened.</param>
internal sealed record BreakerView(string State, string Reason, long Opened);
