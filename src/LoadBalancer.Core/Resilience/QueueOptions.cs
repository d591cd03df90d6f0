using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Core.Resilience;

/// <summary>How many requests a service takes at once, and how many wait for how long.</summary>
public sealed record QueueOptions
{
    /// <summary>Requests at once, at least 1.</summary>
    [Description("Requests (connections of a `tcp` listener) that the service takes at once from this balancer.")]
    [Range(1, 10_000_000)]
    public required int MaxRequests { get; init; }

    /// <summary>Requests that may wait, at least 0.</summary>
    [Description("Requests that may wait for a place, in order of arrival. 0 refuses at once.")]
    [Range(0, 1_000_000)]
    public int Queue { get; init; }

    /// <summary>How long one may wait, above zero and at most a day.</summary>
    [Description("How long one may wait, as a duration; then it ends with 503.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
