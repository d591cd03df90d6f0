using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.Dns;

/// <summary><c>discovery.dns</c> of lb.json: services that are found by DNS SRV records (RFC 2782).</summary>
public sealed record DnsOptions : IValidatableObject
{
    /// <summary>Servers to ask, the first that answers; none means the system's resolvers.</summary>
    [Description("DNS servers as \"host:port\" (port 53 when missing), asked in this order until one answers. By default the system's resolvers (/etc/resolv.conf).")]
    [Display(Prompt = "127.0.0.1:8600")]
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>The domain below which short names are asked for; "service.dc2.consul" for another Consul datacenter.</summary>
    [Description("Domain below which \"billing\" and \"v2.billing\" are asked for; \"service.dc2.consul\" for another Consul datacenter.")]
    public string Domain { get; init; } = "service.consul";

    /// <summary>The services to follow.</summary>
    [Description("Services to follow: \"billing\", \"v2.billing\", \"_billing._tcp.example.com\", \"api.example.com.\" or { \"name\": ..., \"srv\": ... }.")]
    public IReadOnlyList<DnsServiceOptions> Services { get; init; } = [];

    /// <summary>How servers are asked.</summary>
    [Description("auto asks over TCP, and over UDP a server that never answered over TCP; tcp and udp ask that way alone. Over UDP a Consul agent leaves out instances.")]
    public DnsTransport Transport { get; init; } = DnsTransport.Auto;

    /// <summary>Takes the IPv6 addresses of a target that has both.</summary>
    [Description("Use the IPv6 addresses of a target that has both kinds; by default the IPv4 addresses are used.")]
    public bool PreferIPv6 { get; init; }

    /// <summary>The shortest time between two questions for one service, whatever the TTL.</summary>
    [Description("Shortest time between two questions for one service, also when the TTL is shorter.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan MinRefresh { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest time between two questions for one service, whatever the TTL.</summary>
    [Description("Longest time between two questions for one service, also when the TTL is longer.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan MaxRefresh { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many services are asked for per second at most in a steady state; it stretches <see cref="MinRefresh"/>.</summary>
    [Description("How many services are asked for per second at most once all are known: with many services of a short TTL each is asked for less often.")]
    [Range(1, 1_000_000)]
    public int MaxQueriesPerSecond { get; init; } = 200;

    /// <summary>How long one server has for one answer.</summary>
    [Description("How long one server has for one answer.")]
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the servers are asked in turn before it counts as an error.</summary>
    [Description("How often all servers are asked in turn before it counts as an error.")]
    [Range(1, 10)]
    public int Tries { get; init; } = 2;

    /// <summary>The names under which the services are known in this balancer.</summary>
    public IEnumerable<string> ServiceNames() => Services.Select(service => service.Resolve(Domain).Service);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var server in Servers)
        {
            if (!Authority.TryParse(server, 53, out _, out _, out var error))
            {
                yield return new ValidationResult(error, [nameof(Servers)]);
            }
        }
        if (!DomainName.IsValid(Domain))
        {
            yield return new ValidationResult($"'{Domain}' is no DNS domain: write one like \"service.consul\"", [nameof(Domain)]);
        }
        if (MaxRefresh < MinRefresh)
        {
            yield return new ValidationResult($"maxRefresh ({MaxRefresh.TotalSeconds} s) is shorter than minRefresh ({MinRefresh.TotalSeconds} s)", [nameof(MaxRefresh)]);
        }
        foreach (var same in ServiceNames().GroupBy(name => name).Where(group => group.Count() > 1))
        {
            yield return new ValidationResult($"the service '{same.Key}' is listed twice: give one of them another name with {{ \"name\": ..., \"srv\": ... }}", [nameof(Services)]);
        }
    }
}
