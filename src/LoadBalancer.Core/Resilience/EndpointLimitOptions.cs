using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Core.Resilience;

/// <summary>What one endpoint of a service carries at most, and how long a request waits that finds all of them full.</summary>
public sealed record EndpointLimitOptions
{
    /// <summary>Requests in flight; 0 for no limit.</summary>
    [Description("Requests (connections of a `tcp` listener) that an endpoint has in flight at most, from this balancer. 0 is no limit.")]
    [Range(0, 10_000_000)]
    public int MaxRequests { get; init; }

    /// <summary>Connections in use; 0 for no limit.</summary>
    [Description("Connections to an endpoint that are in use at most, from this balancer. 0 is no limit. A request of HTTP/1.1 holds one until its answer has been read; with `\"protocol\": \"h2c\"`, where requests share connections, only `maxRequests` counts.")]
    [Range(0, 10_000_000)]
    public int MaxConnections { get; init; }

    /// <summary>Requests that may wait, at least 0.</summary>
    [Description("Requests that may wait, in order of arrival, while every endpoint that they could go to is full. 0 refuses at once.")]
    [Range(0, 1_000_000)]
    public int Queue { get; init; } = 100;

    /// <summary>How long one may wait, above zero and at most a day.</summary>
    [Description("How long a request may wait in all, as a duration; then it ends with 503.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
