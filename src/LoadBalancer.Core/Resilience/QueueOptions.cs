namespace LoadBalancer.Core.Resilience;

/// <summary>How many requests a service takes at once, and how many wait for how long.</summary>
public sealed record QueueOptions
{
    /// <summary>Requests at once, at least 1.</summary>
    public required int MaxRequests { get; init; }

    /// <summary>Requests that may wait, at least 0.</summary>
    public int Queue { get; init; }

    /// <summary>How long one may wait, above zero and at most a day.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
