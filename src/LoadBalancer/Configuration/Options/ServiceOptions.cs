using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Active;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Model.Meta;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Stickiness;

namespace LoadBalancer.Configuration.Options;

/// <summary>The policy of one service.</summary>
public sealed record ServiceOptions : IValidatableObject
{
    /// <summary>The source to use, or null to take the first of the order that knows the service.</summary>
    [Description("The source that the endpoints come from. Without it: the first of `discovery.order` that knows the service.")]
    [NotFromMeta]
    public SourceKind? Source { get; init; }

    /// <summary>The algorithm.</summary>
    [Description("How an endpoint is picked, see below.")]
    public BalanceAlgorithm Balance { get; init; }

    /// <summary>The key of balancing by hash.</summary>
    [Description("What `hash` goes by: `source` (the client's address), `path`, `header:NAME`, `cookie:NAME` or `query:NAME`. TCP and TLS connections always go by their source.")]
    public HashOn HashOn { get; init; } = HashOn.Source;

    /// <summary>The table of balancing by hash.</summary>
    [Description("How `hash` maps keys to endpoints: `maglev` follows the weights closely, `ring` moves no key that need not move.")]
    public HashTableKind HashTable { get; init; }

    /// <summary>The bound of balancing by hash.</summary>
    [Description("How many times its fair share of what is in flight an endpoint may get by `hash` before its keys go to others, from 1. 0 is no bound.")]
    [Range(0.0, 100.0)]
    public double HashBalanceFactor { get; init; } = 1.25;

    /// <summary>Limits of each endpoint.</summary>
    [Description("Limits of each endpoint of the service.")]
    public EndpointLimitOptions EndpointLimits { get; init; } = new();

    /// <summary>What the endpoints speak.</summary>
    [Description("What the endpoints speak: HTTP/1.1, or HTTP/2 without TLS (gRPC).")]
    [NotYet("https", "h2", "http2")]
    public UpstreamProtocol Protocol { get; init; }

    /// <summary>The PROXY header with which connections to endpoints begin.</summary>
    [Description("Begins each connection to an endpoint with a PROXY header, in version 1 or 2, that says who the client is. The endpoints must expect it.")]
    public ProxyProtocolVersion SendProxyProtocol { get; init; }

    /// <summary>How long each phase of a request may take.</summary>
    [Description("How long each phase of a request or connection may take.")]
    public TimeoutOptions Timeouts { get; init; } = new();

    /// <summary>When a request is sent to another endpoint.</summary>
    [Description("When a request that failed is sent to another endpoint.")]
    public RetryOptions Retry { get; init; } = new();

    /// <summary>When an endpoint is ejected for its answers.</summary>
    [Description("When an endpoint is ejected for what its answers say.")]
    public OutlierOptions Outliers { get; init; } = new();

    /// <summary>How long the weight of an endpoint rises that is new or back.</summary>
    [Description("How long the weight of an endpoint that is new or back rises from nearly nothing, as a duration. `0s` gives it all of it at once.")]
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan SlowStart { get; init; }

    /// <summary>The share of available endpoints below which <see cref="Panic"/> decides.</summary>
    [Description("The share of available endpoints, in percent of those that are not drained or of weight 0, below which `panic` decides. 0: only when none is available.")]
    [Range(0, 100)]
    public int PanicThreshold { get; init; }

    /// <summary>What happens to requests when too few endpoints are available.</summary>
    [Description("What happens below `panicThreshold`: `failFast` answers 503 at once, `spread` asks all endpoints that are not drained or of weight 0, fit or not.")]
    public PanicAction Panic { get; init; }

    /// <summary>The balancer's own checks; null for none.</summary>
    [Description("Checks of the endpoints by the balancer itself, whatever their source says. Absent or `null`: none.")]
    public ActiveCheckOptions? Check { get; init; }

    /// <summary>Who takes its requests while too little of it is available.</summary>
    [Description("Services that take the requests, in order, while too few endpoints of this one are available: another service, or the same in another Consul datacenter as `api@dc2`.")]
    [Display(Prompt = "api@dc2")]
    [NotFromMeta]
    public IReadOnlyList<string> Fallbacks { get; init; } = [];

    /// <summary>What too few are, in percent.</summary>
    [Description("The percentage of its endpoints below which `fallbacks` are used. 0: only when none is available.")]
    [Range(0, 100)]
    [NotFromMeta]
    public int FallbackBelow { get; init; }

    /// <summary>The cookie that keeps a client at its endpoint; null for none.</summary>
    [Description("Keeps each client at its endpoint by a cookie: an object (`{}` is enough), or the name of the cookie as a text. HTTP only. Absent or `null`: off.")]
    public StickyOptions? Sticky { get; init; }

    /// <summary>Requests per second; null for no limit.</summary>
    [Description("A limit of requests per second. A request beyond it gets 429 with Retry-After, a connection of a `tcp` or `tls` listener is closed. Absent or `null`: none.")]
    public RateLimitOptions? RateLimit { get; init; }

    /// <summary>Requests at once; null for no limit.</summary>
    [Description("A limit of requests at once, with a queue. Absent or `null`: none.")]
    public QueueOptions? Limits { get; init; }

    /// <summary>Requests at once, by latency; null for no limit.</summary>
    [Description("A limit of requests at once that follows the latency, so that overload is refused early with 503. Absent or `null`: none.")]
    public AdaptiveLimitOptions? AdaptiveLimit { get; init; }

    /// <summary>The circuit breaker; null for none.</summary>
    [Description("A circuit breaker: a service that fails most requests is not asked for a while, and requests get 503 at once. Absent or `null`: none.")]
    public CircuitBreakerOptions? Breaker { get; init; }

    /// <summary>The same for the catalog.</summary>
    public ServicePolicy ToPolicy() => new()
    {
        Source = Source?.ToName(),
        Balance = Balance,
        HashOn = HashOn.Key,
        HashTable = HashTable,
        HashBalanceFactor = HashBalanceFactor,
        EndpointLimits = EndpointLimits,
        Protocol = Protocol,
        SendProxyProtocol = SendProxyProtocol,
        Timeouts = Timeouts,
        Retry = Retry.ToPolicy(),
        Outliers = Outliers,
        SlowStart = SlowStart,
        PanicThreshold = PanicThreshold,
        Panic = Panic,
        Check = Check,
        Fallback = Fallbacks.Count == 0 ? null : new FallbackPolicy([.. Fallbacks], FallbackBelow),
        Sticky = Sticky,
        Guard = RateLimit is null && Limits is null && AdaptiveLimit is null && Breaker is null ? null : new GuardOptions
        {
            RateLimit = RateLimit,
            Queue = Limits,
            AdaptiveLimit = AdaptiveLimit,
            Breaker = Breaker,
        },
    };

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (HashBalanceFactor is > 0 and < 1)
        {
            yield return new ValidationResult("below 1 there is no room for all requests; write 1.25, or 0 for no bound", [nameof(HashBalanceFactor)]);
        }
        if (Fallbacks.FirstOrDefault(static name => !Regex.IsMatch(name, ServiceName.Pattern)) is { } wrong)
        {
            yield return new ValidationResult($"\"{wrong}\" is {ServiceName.Rule}", [nameof(Fallbacks)]);
        }
    }
}
