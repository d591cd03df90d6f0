using System.Collections.Immutable;
using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Core.Model;

/// <summary>The part of the configuration that the catalog's writers fold into snapshots; replaced as a whole.</summary>
public sealed record CatalogOptions
{
    /// <summary>Which source wins when several name a service that has no source of its own set.</summary>
    public ImmutableArray<string> SourceOrder { get; init; } = ["consul", "dns", "static"];

    /// <summary>
    /// The sources that speak for the operator: what they no longer name was taken out on purpose and leaves at once,
    /// however much it is.
    /// </summary>
    public ImmutableArray<string> OperatorSources { get; init; } = ["static"];

    /// <summary>The settings of a service by its name.</summary>
    public Func<string, ServicePolicy> PolicyFor { get; init; } = static _ => ServicePolicy.Default;

    /// <summary>
    /// Reads what the meta of a registration of the service asks for; null takes nothing from meta. Must not throw, and
    /// leaves <see cref="ServicePolicy.Source"/> as <see cref="PolicyFor"/> has it: the source decides whose meta counts.
    /// </summary>
    public Func<string, MetaSettings, MetaReading>? ReadMeta { get; init; }

    /// <summary>
    /// The services that stay known while no source names them, because others take their requests. Names are compared
    /// without regard to case.
    /// </summary>
    public ImmutableHashSet<string> Kept { get; init; } = [];

    /// <summary>How long endpoints that vanished doubtfully or in a mass are kept while they still answer; zero keeps none.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a service without endpoints stays known (503) after its sources last spoke of it; after that it is
    /// unknown (404).
    /// </summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromMinutes(10);
}
