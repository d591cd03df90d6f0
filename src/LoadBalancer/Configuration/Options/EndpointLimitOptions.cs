using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Configuration.Options;

/// <summary>What one endpoint of a service is to carry at most.</summary>
public sealed record EndpointLimitOptions
{
    /// <summary>Requests in flight; 0 for no limit.</summary>
    [Description("How many requests (connections of a `tcp` listener) an endpoint is to have in flight. 0 is no limit. So far only `\"balance\": \"first\"` goes by it.")]
    [Range(0, 10_000_000)]
    public int MaxRequests { get; init; }
}
