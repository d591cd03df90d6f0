namespace LoadBalancer.Core.Resilience;

/// <summary>How many requests per second a service takes, in all or from each.</summary>
public sealed record RateLimitOptions
{
    /// <summary>Keys that are told apart while they are active: 1.2 MB.</summary>
    public const int Capacity = 65_536;

    /// <summary>Requests per second, above 0 and at most <see cref="RateLimit.MaxRate"/>.</summary>
    public required double Rate { get; init; }

    /// <summary>Requests at once, at least 1.</summary>
    public int Burst { get; init; } = 1;

    /// <summary>What is counted by.</summary>
    public RateLimitKey Per { get; init; }

    /// <summary>The name of the header field; "" for the other keys.</summary>
    public string Header { get; init; } = "";
}
