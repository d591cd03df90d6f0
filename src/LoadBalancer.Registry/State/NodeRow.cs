using System.Text.Json.Serialization;

namespace LoadBalancer.Registry.State;

/// <summary>A node of the catalog, in the JSON shape of Consul.</summary>
internal sealed record NodeRow
{
    [JsonPropertyName("ID")]
    public string Id { get; init; } = "";

    [JsonPropertyName("Node")]
    public required string Name { get; init; }

    public required string Address { get; init; }

    public string Datacenter { get; init; } = "";

    public IReadOnlyDictionary<string, string>? TaggedAddresses { get; init; }

    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    /// <summary>True when the two differ in nothing but their indexes.</summary>
    public bool SameAs(NodeRow other) =>
        Id == other.Id && Name == other.Name && Address == other.Address
        && Rows.Same(TaggedAddresses, other.TaggedAddresses) && Rows.Same(Meta, other.Meta);
}
