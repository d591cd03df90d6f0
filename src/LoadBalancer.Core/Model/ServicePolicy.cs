using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Stickiness;

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

    /// <summary>How long a connection to an endpoint may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an exchange with an endpoint may be without a byte in either direction.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many other endpoints are tried after a failure that is safe to repeat.</summary>
    public int Retries { get; init; } = 1;

    /// <summary>Who takes its requests while too little of it is available; null for nobody.</summary>
    public FallbackPolicy? Fallback { get; init; }

    /// <summary>The cookie that keeps a client at its endpoint; null for none.</summary>
    public StickyOptions? Sticky { get; init; }

    /// <summary>What may keep requests from it; null for nothing.</summary>
    public GuardOptions? Guard { get; init; }
}
