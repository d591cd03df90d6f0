using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Reactor;

namespace LoadBalancer.Configuration.Options;

/// <summary>An address that accepts connections.</summary>
public sealed record ListenerOptions : IValidatableObject
{
    /// <summary>Where it listens.</summary>
    [Description("Address and port to listen on: `127.0.0.1:8080`, `[::1]:8080`, `:8080` (all addresses), `localhost:8080` (127.0.0.1) or `unix:/path`.")]
    public required BindAddress Bind { get; init; }

    /// <summary>What it speaks.</summary>
    [Description("What clients speak here.")]
    [NotYet("https", "udp")]
    public ListenerProtocol Protocol { get; init; }

    /// <summary>What moves its bytes.</summary>
    [Description("What moves the bytes: `kestrel` (every protocol and platform), `reactor` (Linux, an event loop per core: less CPU per request), or `auto`, the reactor where it can be. What the reactor does not do yet it hands to Kestrel on the same connection.")]
    public ListenerEngine Engine { get; init; }

    /// <summary>The engine that is used: what <see cref="ListenerEngine.Auto"/> means is said here.</summary>
    internal ListenerEngine EngineInUse =>
        Engine != ListenerEngine.Auto ? Engine
        : ReactorLoops.IsSupported ? ListenerEngine.Reactor
        : ListenerEngine.Kestrel;

    /// <summary>Where tcp connections go; where http requests and tls connections go that nothing else matches.</summary>
    [Description("The service that connections go to. Required for `tcp`; for `http` and `tls` it gets what neither a route nor the host rule matches, and without it those requests are answered 404, those connections closed.")]
    [MinLength(1)]
    [Display(Prompt = "api")]
    [RegularExpression(ServiceName.Pattern, ErrorMessage = ServiceName.Rule)]
    public string? Service { get; init; }

    /// <summary>Whether its connections begin with a PROXY header.</summary>
    [Description("`require`: connections begin with a PROXY header (version 1 or 2) that says who the client is, and come from `trustedProxies`, or over the Unix socket of `bind`; others are closed.")]
    public ListenerProxyProtocol ProxyProtocol { get; init; }

    /// <summary>Peers whose PROXY headers and X-Forwarded-* header fields are believed.</summary>
    [Description("IP addresses and ranges of proxies in front whose `X-Forwarded-*` header fields (`http`) and PROXY headers (with `proxyProtocol`) are believed.")]
    public IReadOnlyList<AddressRange> TrustedProxies { get; init; } = [];

    /// <summary>How many connections may be open at once; 0 for no limit.</summary>
    [Description("How many connections may be open at once; more wait to be accepted. 0 is no limit.")]
    [Range(0, 10_000_000)]
    public int MaxConnections { get; init; }

    /// <summary>Connections that the kernel keeps for us until they are accepted.</summary>
    [Description("How many connections the kernel queues until they are accepted (it may cap this: `net.core.somaxconn`).")]
    [Range(1, 65_535)]
    public int Backlog { get; init; } = 1024;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Protocol == ListenerProtocol.Tcp && Service is null)
        {
            yield return new ValidationResult("missing; a tcp listener needs the name of the service that its connections go to", [nameof(Service)]);
        }
        if (Engine == ListenerEngine.Reactor && !ReactorLoops.IsSupported)
        {
            yield return new ValidationResult("the reactor runs on Linux only; remove it", [nameof(Engine)]);
        }
        if (ProxyProtocol == ListenerProxyProtocol.Require && TrustedProxies.Count == 0 && Bind.Address is not null)
        {
            yield return new ValidationResult("missing; name the proxies whose PROXY header is believed, for example [\"10.0.0.0/8\"]", [nameof(TrustedProxies)]);
        }
        if (Protocol != ListenerProtocol.Http && ProxyProtocol == ListenerProxyProtocol.Off && TrustedProxies.Count > 0)
        {
            yield return new ValidationResult($"has no effect on a {Protocol.ToString().ToLowerInvariant()} listener without proxyProtocol; remove it", [nameof(TrustedProxies)]);
        }
    }
}
