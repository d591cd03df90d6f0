using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Active;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
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

    /// <summary>What an endpoint carries at most, and how long who finds all full waits.</summary>
    public EndpointLimitOptions EndpointLimits { get; init; } = new();

    /// <summary>
    /// How many leases an endpoint may have at once; 0 for no limit. A request holds a connection, except over HTTP/2,
    /// where many share one.
    /// </summary>
    public int MaxInFlight => EndpointLimits switch
    {
        { MaxConnections: 0 } => EndpointLimits.MaxRequests,
        _ when Protocol == UpstreamProtocol.H2c => EndpointLimits.MaxRequests,
        { MaxRequests: 0 } => EndpointLimits.MaxConnections,
        _ => Math.Min(EndpointLimits.MaxRequests, EndpointLimits.MaxConnections),
    };

    /// <summary>How its HTTP endpoints are spoken to.</summary>
    public UpstreamProtocol Protocol { get; init; }

    /// <summary>The PROXY header with which each connection to an endpoint begins.</summary>
    public ProxyProtocolVersion SendProxyProtocol { get; init; }

    /// <summary>How long each phase of a request may take.</summary>
    public TimeoutOptions Timeouts { get; init; } = new();

    /// <summary>When a request is sent to another endpoint.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>When an endpoint is ejected for its answers.</summary>
    public OutlierOptions Outliers { get; init; } = new();

    /// <summary>How long the weight of an endpoint rises that is new or back; zero for not at all.</summary>
    public TimeSpan SlowStart { get; init; }

    /// <summary>
    /// The share of the endpoints, in percent of those that nobody took out on purpose, below which <see cref="Panic"/>
    /// decides; at 0 only when none is available.
    /// </summary>
    public int PanicThreshold { get; init; }

    /// <summary>What happens to requests when too few endpoints are available.</summary>
    public PanicAction Panic { get; init; }

    /// <summary>How the balancer checks its endpoints; null for not at all.</summary>
    public ActiveCheckOptions? Check { get; init; }

    /// <summary>Who takes its requests while too little of it is available; null for nobody.</summary>
    public FallbackPolicy? Fallback { get; init; }

    /// <summary>The cookie that keeps a client at its endpoint; null for none.</summary>
    public StickyOptions? Sticky { get; init; }

    /// <summary>What may keep requests from it; null for nothing.</summary>
    public GuardOptions? Guard { get; init; }
}
