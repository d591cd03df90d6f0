using System.Text.Json.Serialization;
using LoadBalancer.Registry.State;

namespace LoadBalancer.Registry.Http.Json;

/// <summary>A service instance as the agent's endpoints show it.</summary>
internal sealed record AgentServiceView
{
    [JsonPropertyName("ID")]
    public required string Id { get; init; }

    public required string Service { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public required IReadOnlyDictionary<string, string> Meta { get; init; }

    public required int Port { get; init; }

    public required string Address { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, ServiceAddress>? TaggedAddresses { get; init; }

    public required ServiceWeights Weights { get; init; }

    public required bool EnableTagOverride { get; init; }

    public static AgentServiceView Of(ServiceRow row) => new()
    {
        Id = row.Id,
        Service = row.Name,
        Tags = row.Tags,
        Meta = row.Meta ?? new Dictionary<string, string>(),
        Port = row.Port,
        Address = row.Address,
        TaggedAddresses = row.TaggedAddresses,
        Weights = row.Weights,
        EnableTagOverride = row.EnableTagOverride,
    };
}
