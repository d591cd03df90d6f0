using LoadBalancer.Core.Model;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>What all watches of one datacenter share.</summary>
internal sealed record WatchScope
{
    public required ConsulClient Client { get; init; }

    public required ConsulOptions Options { get; init; }

    public required ISourceFeed Feed { get; init; }

    public required WatchBudget Budget { get; init; }

    public required FetchGate Fetches { get; init; }

    public required Jitter Jitter { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>What to ask for; null is the agent's own.</summary>
    public string? Datacenter { get; init; }

    /// <summary>What a service name gets appended: "" or "@dc2".</summary>
    public string Suffix { get; init; } = "";
}
