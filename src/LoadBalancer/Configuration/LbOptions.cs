using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Meta;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Consul;

namespace LoadBalancer.Configuration;

/// <summary>
/// The content of lb.json. Each option is declared once, as a property of one of these records: its type, default value,
/// [Description] and limits. Binding, the JSON Schema and the tables of docs/configuration.md are derived from that.
/// </summary>
public sealed record LbOptions
{
    /// <summary>The entry of <see cref="Services"/> that holds the defaults of all services.</summary>
    public const string AllServices = "*";

    /// <summary>For editors.</summary>
    [Description("Where the JSON Schema is, for editors. Ignored.")]
    [JsonPropertyName("$schema")]
    [Display(Prompt = "docs/lb.schema.json")]
    public string? Schema { get; init; }

    /// <summary>Listeners by name.</summary>
    [Description("The addresses that accept connections, by a name for logs and metrics.")]
    public IReadOnlyDictionary<string, ListenerOptions> Listeners { get; init; } = new Dictionary<string, ListenerOptions>();

    /// <summary>The sources.</summary>
    [Description("Where endpoints come from.")]
    public DiscoveryOptions Discovery { get; init; } = new();

    /// <summary>Routes and the host rule.</summary>
    [Description("Which service gets an HTTP request.")]
    public RoutingOptions Routing { get; init; } = new();

    /// <summary>Policies by service.</summary>
    [Description("Policies by the name of the service. A key that a service does not set comes from the entry `*`, then from the built-in default.")]
    [DefaultsEntry(AllServices)]
    public IReadOnlyDictionary<string, ServiceOptions> Services { get; init; } = new Dictionary<string, ServiceOptions>();

    /// <summary>The admin interface; null for none.</summary>
    [Description("The admin interface: health, services, metrics. `null` turns it off.")]
    public AdminOptions? Admin { get; init; } = new();

    /// <summary>The embedded registry; null for none.</summary>
    [Description("An embedded registry that speaks a part of Consul's interface, for a first run, a laptop and tests. Absent: off.")]
    public EmbeddedRegistryOptions? Registry { get; init; }

    /// <summary>The reactor.</summary>
    [Description("The engine `reactor`.")]
    public ReactorOptions Reactor { get; init; } = new();

    /// <summary>The log.</summary>
    [Description("The log, on standard error.")]
    public LogOptions Log { get; init; } = new();

    /// <summary>How long the balancer goes on accepting after it was told to stop.</summary>
    [Description("How long the balancer goes on accepting connections after it was told to stop, and has left Consul and `/readyz`, as a duration: the time that those who send traffic here need to notice.")]
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainDelay { get; init; }

    /// <summary>How long requests and connections may go on after the balancer was told to stop.</summary>
    [Description("How long running requests and connections may go on after the balancer was told to stop, as a duration.")]
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What meta is put between the entries of <see cref="Services"/>; null for options that are not from a text.</summary>
    internal ServiceLayers? Layers { get; init; }

    /// <summary>The fallbacks of all services.</summary>
    internal IEnumerable<string> Fallbacks() => Services.Values.SelectMany(static service => service.Fallbacks).Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>The datacenters of fallbacks that Consul must be asked about besides the configured ones.</summary>
    internal IEnumerable<string> FallbackDatacenters() => ConsulSource.FallbackDatacenters(Fallbacks(), Discovery.Consul?.Datacenters ?? []);

    /// <summary>The part that the catalog folds into snapshots.</summary>
    public CatalogOptions ToCatalogOptions()
    {
        var policies = Services.ToDictionary(entry => entry.Key, entry => entry.Value.ToPolicy(), StringComparer.OrdinalIgnoreCase);
        var others = policies.GetValueOrDefault(AllServices, ServicePolicy.Default);
        return new CatalogOptions
        {
            SourceOrder = [.. Discovery.Order.Concat(Enum.GetValues<SourceKind>()).Distinct().Select(kind => kind.ToName())],
            PolicyFor = name => policies.GetValueOrDefault(name, others),
            ReadMeta = Discovery.ServiceMeta.Count == 0 || Layers is null ? null : Layers.Read,
            // What all services fall back to keeps none of them from being forgotten.
            Kept = Services.Where(static entry => entry.Key != AllServices && entry.Value.Fallbacks.Count > 0).Select(static entry => entry.Key).ToImmutableHashSet(StringComparer.OrdinalIgnoreCase),
            HoldFor = Discovery.HoldFor,
            ForgetAfter = Discovery.ForgetAfter,
        };
    }
}
