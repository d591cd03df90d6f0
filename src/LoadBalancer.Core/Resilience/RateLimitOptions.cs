using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Core.Resilience;

/// <summary>How many requests per second a service takes, in all or from each.</summary>
public sealed record RateLimitOptions
{
    /// <summary>Keys that are told apart while they are active: 1.2 MB.</summary>
    public const int Capacity = 65_536;

    /// <summary>Requests per second, above 0 and at most <see cref="RateLimit.MaxRate"/>.</summary>
    [Description("Requests per second.")]
    [Range(0.001, RateLimit.MaxRate)]
    public required double Rate { get; init; }

    /// <summary>Requests at once, at least 1.</summary>
    [Description("Requests at once: what was not used for a while may come together. 1 keeps them at even distances.")]
    [Range(1, 1_000_000)]
    public int Burst { get; init; } = 1;

    /// <summary>What is counted by.</summary>
    [Description("What the rate is of: `service` (all requests together), `client` (each client address; an IPv6 client is its /64) or `header:NAME` (each value of a header field; requests without it, and connections of a `tcp` listener, count as one).")]
    public RateLimitPer Per { get; init; } = RateLimitPer.Service;
}
