using System.Text.Json.Serialization;
using LoadBalancer.Registry.State;

namespace LoadBalancer.Registry.Http.Json;

/// <summary>The element of /v1/catalog/service: a service instance and its node in one flat object.</summary>
internal sealed record CatalogServiceView
{
    [JsonPropertyName("ID")]
    public required string Id { get; init; }

    public required string Node { get; init; }

    public required string Address { get; init; }

    public required string Datacenter { get; init; }

    public required IReadOnlyDictionary<string, string>? TaggedAddresses { get; init; }

    public required IReadOnlyDictionary<string, string>? NodeMeta { get; init; }

    public string ServiceKind { get; init; } = "";

    [JsonPropertyName("ServiceID")]
    public required string ServiceId { get; init; }

    public required string ServiceName { get; init; }

    public required IReadOnlyList<string> ServiceTags { get; init; }

    public required string ServiceAddress { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, ServiceAddress>? ServiceTaggedAddresses { get; init; }

    public required ServiceWeights ServiceWeights { get; init; }

    public required IReadOnlyDictionary<string, string> ServiceMeta { get; init; }

    public required int ServicePort { get; init; }

    public required bool ServiceEnableTagOverride { get; init; }

    public required ulong CreateIndex { get; init; }

    public required ulong ModifyIndex { get; init; }

    public static CatalogServiceView Of(ServiceHealth instance) => new()
    {
        Id = instance.Node.Id,
        Node = instance.Node.Name,
        Address = instance.Node.Address,
        Datacenter = instance.Node.Datacenter,
        TaggedAddresses = instance.Node.TaggedAddresses,
        NodeMeta = instance.Node.Meta,
        ServiceId = instance.Service.Id,
        ServiceName = instance.Service.Name,
        ServiceTags = instance.Service.Tags,
        ServiceAddress = instance.Service.Address,
        ServiceTaggedAddresses = instance.Service.TaggedAddresses,
        ServiceWeights = instance.Service.Weights,
        ServiceMeta = instance.Service.Meta ?? new Dictionary<string, string>(),
        ServicePort = instance.Service.Port,
        ServiceEnableTagOverride = instance.Service.EnableTagOverride,
        CreateIndex = instance.Service.CreateIndex,
        ModifyIndex = instance.Service.ModifyIndex,
    };
}
