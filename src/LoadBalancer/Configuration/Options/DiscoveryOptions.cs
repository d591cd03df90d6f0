using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Text;
using LoadBalancer.Discovery.Consul;
using LoadBalancer.Discovery.Dns;
using LoadBalancer.Discovery.Static;

namespace LoadBalancer.Configuration.Options;

/// <summary>The sources that endpoints come from. A source whose block is absent is not asked.</summary>
public sealed record DiscoveryOptions : IValidatableObject
{
    /// <summary>Stands for all in <see cref="ServiceMeta"/>.</summary>
    public const string AnyOption = "*";

    /// <summary>Consul; null for none.</summary>
    [Description("Follow a Consul catalog. `{}` asks the agent on 127.0.0.1:8500.")]
    public ConsulOptions? Consul { get; init; }

    /// <summary>DNS; null for none.</summary>
    [Description("Follow SRV records.")]
    public DnsOptions? Dns { get; init; }

    /// <summary>Endpoints by the name of their service.</summary>
    [Description("Endpoints written here, by the name of their service: `\"10.0.0.7:8080\"` or an object.")]
    public IReadOnlyDictionary<string, IReadOnlyList<StaticEndpointOptions>> Static { get; init; } = new Dictionary<string, IReadOnlyList<StaticEndpointOptions>>();

    /// <summary>Which source wins where several know a service and none is set for it.</summary>
    [Description("Which source wins where several know a service that has no `source` of its own.")]
    [MinLength(1)]
    public IReadOnlyList<SourceKind> Order { get; init; } = [SourceKind.Consul, SourceKind.Dns, SourceKind.Static];

    /// <summary>Which options of <see cref="ServiceOptions"/> the meta of registrations may set.</summary>
    [Description("Which keys of `services` the meta of a registration may set for its service, see below: `*` is all but `source`, commands and files. `[]` turns it off.")]
    [Display(Prompt = "balance")]
    public IReadOnlyList<string> ServiceMeta { get; init; } = [AnyOption];

    /// <summary>How long endpoints of a mass disappearance are kept.</summary>
    [Description("How long endpoints that vanish in a mass, or from a source in doubt, stay in use while they still answer, as a duration. `0s` drops them at once.")]
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a service without endpoints stays known.</summary>
    [Description("How long a service whose last endpoint went is still known (503); after that it is unknown (404). A duration.")]
    [Range(typeof(TimeSpan), "00:00:00", "41.16:00:00")]
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Where the last good state is kept for a cold start; null for nowhere.</summary>
    [Description("File for the last good state, which serves at a start while no source answers, and for the operator's orders; relative to the folder in the environment variable STATE_DIRECTORY where it is set (systemd and the container image set it), else to that of lb.json. `null` turns it off.")]
    [DataType(FileKinds.State)]
    public string? StateFile { get; init; } = "lb.state.json";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Order.Distinct().Count() < Order.Count)
        {
            yield return new ValidationResult("a source stands twice in the order; keep the first", [nameof(Order)]);
        }
        var options = ValueShape.Of(typeof(ServiceOptions)).Keys.ToArray();
        foreach (var unknown in ServiceMeta.Except(options).Where(static key => key != AnyOption))
        {
            var remedy = Nearest.Of(unknown, options) is { } nearest ? $"did you mean \"{nearest}\"?" : $"write \"*\" or some of {string.Join(", ", options)}";
            yield return new ValidationResult($"a service has no key \"{unknown}\"; {remedy}", [nameof(ServiceMeta)]);
        }
    }
}
