namespace LoadBalancer.Core.Resilience;

/// <summary>When a <see cref="CircuitBreaker"/> opens, and for how long.</summary>
public sealed record CircuitBreakerOptions
{
    /// <summary>The share of failed requests that opens it: above 0, at most 1.</summary>
    public double FailureRatio { get; init; } = 0.5;

    /// <summary>With fewer requests in the window it does not open: at least 1.</summary>
    public int MinimumRequests { get; init; } = 20;

    /// <summary>The window in which requests count: 100 ms to ten minutes.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it stays open the first time; each time that its probes fail, twice as long.</summary>
    public TimeSpan OpenFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long it stays open at most: a day at most.</summary>
    public TimeSpan OpenForMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Probes while it is half open; when so many in a row have succeeded it closes. At least 1.</summary>
    public int Probes { get; init; } = 3;
}
