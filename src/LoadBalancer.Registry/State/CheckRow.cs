using System.Text.Json.Serialization;
using LoadBalancer.Core.Health.Checks;

namespace LoadBalancer.Registry.State;

/// <summary>A check's state, in the JSON shape of Consul. Without a service it is the node's.</summary>
internal sealed record CheckRow
{
    public string Node { get; init; } = "";

    [JsonPropertyName("CheckID")]
    public required string Id { get; init; }

    public required string Name { get; init; }

    [JsonConverter(typeof(CheckStatusConverter))]
    public CheckStatus Status { get; init; } = CheckStatus.Critical;

    public string Notes { get; init; } = "";

    public string Output { get; init; } = "";

    [JsonPropertyName("ServiceID")]
    public string ServiceId { get; init; } = "";

    public string ServiceName { get; init; } = "";

    public IReadOnlyList<string> ServiceTags { get; init; } = [];

    public string Type { get; init; } = "";

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    /// <summary>True when the two differ in nothing but their indexes.</summary>
    public bool SameAs(CheckRow other) =>
        Id == other.Id && Name == other.Name && Status == other.Status && Notes == other.Notes && Output == other.Output
        && ServiceId == other.ServiceId && ServiceName == other.ServiceName && ServiceTags.SequenceEqual(other.ServiceTags) && Type == other.Type;
}
