namespace LoadBalancer.Admin;

/// <summary>Whether the balancer can serve.</summary>
/// <param name="IsReady">True after the first complete observation of every source, and while not draining.</param>
/// <param name="Reason">"ready", or what it waits for.</param>
internal readonly record struct Readiness(bool IsReady, string Reason);
