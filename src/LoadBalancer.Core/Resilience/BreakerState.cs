namespace LoadBalancer.Core.Resilience;

/// <summary>The states of a <see cref="CircuitBreaker"/>.</summary>
public enum BreakerState
{
    /// <summary>Requests pass and are counted.</summary>
    Closed,

    /// <summary>No request passes.</summary>
    Open,

    /// <summary>A few requests pass as probes.</summary>
    HalfOpen,
}
