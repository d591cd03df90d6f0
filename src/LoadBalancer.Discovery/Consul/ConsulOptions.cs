using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using LoadBalancer.Discovery.Consul.Client;

namespace LoadBalancer.Discovery.Consul;

/// <summary>The <c>discovery.consul</c> block: which agents are asked, how, and for what.</summary>
public sealed record ConsulOptions : IValidatableObject
{
    /// <summary>The agent that is asked when neither the options nor the environment name one.</summary>
    public const string DefaultAddress = "http://127.0.0.1:8500";

    /// <summary>Null means CONSUL_HTTP_ADDR, else <see cref="DefaultAddress"/>.</summary>
    [Description("The agent's HTTP address: http://host:port, https://host:port, unix:///path or host:port. Default: CONSUL_HTTP_ADDR, else http://127.0.0.1:8500.")]
    [Display(Prompt = "http://127.0.0.1:8500")]
    public string? Address { get; init; }

    /// <summary>Asked in this order after <see cref="Address"/>.</summary>
    [Description("Further agents of the same datacenter; the next one is asked when one fails.")]
    [Display(Prompt = "http://10.0.0.2:8500")]
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Null means the agent's own.</summary>
    [Description("The datacenter whose services are routed. Default: the agent's own.")]
    [Display(Prompt = "dc1")]
    public string? Datacenter { get; init; }

    /// <summary>Their services get the name <c>service@datacenter</c>.</summary>
    [Description("Further datacenters to watch; their services are called <service>@<datacenter>.")]
    [Display(Prompt = "dc2")]
    public IReadOnlyList<string> Datacenters { get; init; } = [];

    /// <summary>Never logged.</summary>
    [Description("ACL token. It needs service:read and node:read, and service:write for 'register'. Default: CONSUL_HTTP_TOKEN.")]
    [Display(Prompt = "00000000-0000-0000-0000-000000000002")]
    public string? Token { get; init; }

    /// <summary>Read again when it changes.</summary>
    [Description("A file with the ACL token; it is read again when it changes. Default: CONSUL_HTTP_TOKEN_FILE.")]
    [DataType("existing file")]
    [Display(Prompt = "consul.token")]
    public string? TokenFile { get; init; }

    /// <summary>Never logged.</summary>
    [Description("HTTP basic authentication, as user:password. Default: CONSUL_HTTP_AUTH.")]
    [Display(Prompt = "user:password")]
    public string? HttpAuth { get; init; }

    /// <summary>TLS to the agent.</summary>
    [Description("TLS to an https:// agent.")]
    public ConsulTlsOptions Tls { get; init; } = new();

    /// <summary>https://developer.hashicorp.com/consul/api-docs/features/consistency</summary>
    [Description("Watches may be answered by any server, also without a leader (then what is missing is held, not dropped).")]
    public bool Stale { get; init; } = true;

    /// <summary>"_agent" or the name of a node.</summary>
    [Description("Sort endpoints by the round trip from this node; '_agent' is the agent's own node.")]
    [Display(Prompt = "_agent")]
    public string? Near { get; init; }

    /// <summary>Consul's own limit is ten minutes.</summary>
    [Description("How long Consul may keep a watch waiting when nothing changes.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Wait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Counted from the question; Consul itself answers within <see cref="Wait"/> × 17/16.</summary>
    [Description("A watch without any answer for this long is restarted; must be longer than wait x 17/16.")]
    [Range(typeof(TimeSpan), "00:00:02", "00:30:00")]
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromMinutes(6);

    /// <summary>An agent allows 200 per client address (<c>limits.http_max_conns_per_client</c>).</summary>
    [Description("Connections to one agent at most; services beyond it share one watch.")]
    [Range(24, 4096)]
    public int MaxConnections { get; init; } = 128;

    /// <summary>Empty means all but Consul itself and the balancer's own registration.</summary>
    [Description("Only these services. Default: all but 'consul' and the balancer's own registration.")]
    [Display(Prompt = "api")]
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Null means every instance.</summary>
    [Description("Only instances with this tag.")]
    [Display(Prompt = "public")]
    public string? Tag { get; init; }

    /// <summary>Null means that the balancer does not register itself.</summary>
    [Description("Registers the balancer itself, with one tag per routed service. Off when absent.")]
    public ConsulRegisterOptions? Register { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Address is not null && AgentAddress.Problem(Address) is { } problem)
        {
            yield return new(problem, [nameof(Address)]);
        }
        foreach (var address in Addresses)
        {
            if (AgentAddress.Problem(address) is { } furtherProblem)
            {
                yield return new(furtherProblem, [nameof(Addresses)]);
            }
        }
        if (Token is not null && TokenFile is not null)
        {
            yield return new("token and tokenFile are both set; keep one", [nameof(Token), nameof(TokenFile)]);
        }
        if (HttpAuth is not null && !HttpAuth.Contains(':', StringComparison.Ordinal))
        {
            yield return new("httpAuth must be user:password", [nameof(HttpAuth)]);
        }
        if (SilenceTimeout <= Wait * 17 / 16)
        {
            yield return new($"silenceTimeout ({SilenceTimeout}) must be longer than wait x 17/16 ({Wait * 17 / 16}), because Consul may answer that late", [nameof(SilenceTimeout), nameof(Wait)]);
        }
        if (Datacenters.Contains(Datacenter) || Datacenters.Distinct().Count() != Datacenters.Count)
        {
            yield return new("a datacenter is named twice", [nameof(Datacenters)]);
        }
        if (MaxConnections < 24 + (2 * Datacenters.Count))
        {
            yield return new($"maxConnections must be at least {24 + (2 * Datacenters.Count)} with {Datacenters.Count} further datacenters", [nameof(MaxConnections)]);
        }
    }
}
