namespace LoadBalancer.Core.Resilience;

/// <summary>Between what an <see cref="AdaptiveLimit"/> moves, and how fast.</summary>
public sealed record AdaptiveLimitOptions
{
    /// <summary>Requests at once that are always allowed: at least 1.</summary>
    public int Min { get; init; } = 4;

    /// <summary>Requests at once that are never exceeded.</summary>
    public int Max { get; init; } = 1000;

    /// <summary>The limit before anything was measured, between the two.</summary>
    public int Initial { get; init; } = 50;

    /// <summary>How many times the latency without load the latency may be before the limit falls: 1 to 10.</summary>
    public double Tolerance { get; init; } = 1.5;

    /// <summary>How long measurements are gathered before the limit moves: 10 ms to a minute.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often, under constant load, the latency without load is measured again: a second to a day.</summary>
    public TimeSpan MeasureEvery { get; init; } = TimeSpan.FromSeconds(30);
}
