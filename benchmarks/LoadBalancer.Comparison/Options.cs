using LoadBalancer.Comparison.Workloads;

namespace LoadBalancer.Comparison;

/// <summary>What to compare, and for how long.</summary>
public sealed record Options
{
    /// <summary>Kinds of proxies to run: lb, haproxy, nginx.</summary>
    public required IReadOnlyList<string> Only { get; init; }

    /// <summary>Programs of the balancer, each PATH or LABEL=PATH.</summary>
    public required IReadOnlyList<string> Balancers { get; init; }

    /// <summary>Engines to run each of them with; empty leaves the choice to lb.</summary>
    public required IReadOnlyList<string> Engines { get; init; }

    public required IReadOnlyList<Workload> Workloads { get; init; }

    /// <summary>Numbers of client connections; every work item runs with each.</summary>
    public required IReadOnlyList<int> Connections { get; init; }

    /// <summary>Connections of the work item that leaves them idle; fewer where there are no descriptors for so many.</summary>
    public required int IdleConnections { get; init; }

    /// <summary>Threads or worker processes of every proxy.</summary>
    public required int Threads { get; init; }

    /// <summary>Counted rounds of each kind of load.</summary>
    public required int Rounds { get; init; }

    /// <summary>How long one proxy is driven in one round.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How long each proxy is driven before the first counted round.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Requests per second of the equal load; null takes a third of the slowest proxy's saturated throughput.</summary>
    public required double? Rate { get; init; }

    /// <summary>Where to write the report as Markdown, or null.</summary>
    public required string? Markdown { get; init; }
}
