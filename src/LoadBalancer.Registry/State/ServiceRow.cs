using System.Text.Json.Serialization;

namespace LoadBalancer.Registry.State;

/// <summary>A service instance of the catalog, in the JSON shape that Consul gives it in health and node answers.</summary>
internal sealed record ServiceRow
{
    [JsonIgnore]
    public string Node { get; init; } = "";

    [JsonPropertyName("ID")]
    public required string Id { get; init; }

    [JsonPropertyName("Service")]
    public required string Name { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string Address { get; init; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, ServiceAddress>? TaggedAddresses { get; init; }

    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    public int Port { get; init; }

    public ServiceWeights Weights { get; init; } = new();

    public bool EnableTagOverride { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    /// <summary>True when the two differ in nothing but their indexes.</summary>
    public bool SameAs(ServiceRow other) =>
        Id == other.Id && Name == other.Name && Tags.SequenceEqual(other.Tags) && Address == other.Address && Port == other.Port
        && Weights == other.Weights && EnableTagOverride == other.EnableTagOverride
        && Rows.Same(TaggedAddresses, other.TaggedAddresses) && Rows.Same(Meta, other.Meta);

    /// <summary>True when the instance has every one of <paramref name="tags"/>; case does not matter.</summary>
    public bool HasTags(IReadOnlyList<string> tags) => tags.All(tag => Tags.Contains(tag, StringComparer.OrdinalIgnoreCase));
}
