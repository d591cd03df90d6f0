using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Core.Model;

/// <summary>The settings of one service.</summary>
public sealed record ServicePolicy
{
    /// <summary>What a service without settings gets.</summary>
    public static ServicePolicy Default { get; } = new();

    /// <summary>The only source to take endpoints from; null takes the first of the order that has some.</summary>
    public string? Source { get; init; }

    /// <summary>How an endpoint is chosen.</summary>
    public BalanceAlgorithm Balance { get; init; }

    /// <summary>What of a request <see cref="BalanceAlgorithm.Hash"/> goes by.</summary>
    public HashKey HashOn { get; init; } = HashKey.Source;

    /// <summary>How <see cref="BalanceAlgorithm.Hash"/> maps hashes to endpoints.</summary>
    public HashTableKind HashTable { get; init; }

    /// <summary>
    /// How many times its fair share of what is in flight (and at least two) an endpoint may get from <see cref="BalanceAlgorithm.Hash"/>
    /// before its keys go elsewhere; 0 for no bound.
    /// </summary>
    public double HashBalanceFactor { get; init; } = 1.25;

    /// <summary>How many requests an endpoint should have in flight at most; 0 for no limit. <see cref="BalanceAlgorithm.First"/> fills up to it.</summary>
    public int MaxRequestsPerEndpoint { get; init; }

    /// <summary>How its HTTP endpoints are spoken to.</summary>
    public UpstreamProtocol Protocol { get; init; }

    /// <summary>How long each phase of a request may take.</summary>
    public TimeoutOptions Timeouts { get; init; } = new();

    /// <summary>When a request is sent to another endpoint.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>What may keep requests from it; null for nothing.</summary>
    public GuardOptions? Guard { get; init; }
}
