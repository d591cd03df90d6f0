namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>One answer of a <see cref="BlockingQuery{T}"/>, judged.</summary>
/// <param name="Value">The body.</param>
/// <param name="Index">X-Consul-Index.</param>
/// <param name="Moved">Something may have changed since the last reading.</param>
/// <param name="AfterLoss">The first reading after the connection was lost or the query restarted; false for the very first.</param>
/// <param name="WentBack">The index is lower than it was, and the leader says so too.</param>
/// <param name="Doubt">Why Consul may be confused, or null.</param>
/// <param name="Filtered">The token may not read everything that was asked for.</param>
internal sealed record Reading<T>(T Value, ulong Index, bool Moved, bool AfterLoss, bool WentBack, string? Doubt, bool Filtered);
