namespace LoadBalancer.Core.Resilience;

/// <summary>What guards a service. What is null is off and costs nothing.</summary>
public sealed record GuardOptions
{
    /// <summary>Requests per second.</summary>
    public RateLimitOptions? RateLimit { get; init; }

    /// <summary>Requests at once, with a queue.</summary>
    public QueueOptions? Queue { get; init; }

    /// <summary>Requests at once, by latency.</summary>
    public AdaptiveLimitOptions? AdaptiveLimit { get; init; }

    /// <summary>When the service is not asked at all.</summary>
    public CircuitBreakerOptions? Breaker { get; init; }
}
