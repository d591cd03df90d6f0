using System.Text.Json.Serialization;
using LoadBalancer.Registry.State;

namespace LoadBalancer.Registry.Http.Json;

/// <summary>Every shape that the HTTP interface answers with.</summary>
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(NodeRow[]))]
[JsonSerializable(typeof(CheckRow[]))]
[JsonSerializable(typeof(KeyValueRow[]))]
[JsonSerializable(typeof(NodeServices))]
[JsonSerializable(typeof(ServiceHealth[]))]
[JsonSerializable(typeof(CatalogServiceView[]))]
[JsonSerializable(typeof(AgentSelfView))]
[JsonSerializable(typeof(AgentServiceView))]
[JsonSerializable(typeof(AgentHealthView))]
[JsonSerializable(typeof(AgentHealthView[]))]
[JsonSerializable(typeof(Dictionary<string, string[]>))]
[JsonSerializable(typeof(Dictionary<string, CheckRow>))]
[JsonSerializable(typeof(Dictionary<string, AgentServiceView>))]
internal sealed partial class RegistryJson : JsonSerializerContext
{
    /// <summary>The same with line breaks, for <c>?pretty</c>.</summary>
    public static RegistryJson Pretty { get; } = new(new System.Text.Json.JsonSerializerOptions { WriteIndented = true });
}
