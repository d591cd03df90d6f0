using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Configuration.Options;

/// <summary>Which service gets an HTTP request: a route that names its host, else the host rule, else a route without a host, else the listener's own service.</summary>
public sealed record RoutingOptions
{
    /// <summary>The suffix of the host rule; null or "" turns the rule off.</summary>
    [Description("The host rule: `<service>.<domain>`, `<tag>.<service>.<domain>` and both with a datacenter lead to that service. `null` or `\"\"` turns it off.")]
    [RegularExpression(@"^([A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*)?$", ErrorMessage = "not a domain; write it without a dot at its ends, for example \"haproxy.service.consul\"")]
    public string? Domain { get; init; } = "haproxy.service.consul";

    /// <summary>Explicit routes.</summary>
    [Description("Explicit routes. A route that names its host comes before the host rule, one without a host after it; longest host first, then longest path, then the one with more conditions.")]
    public IReadOnlyList<RouteOptions> Routes { get; init; } = [];
}
