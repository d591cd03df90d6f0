using System.Text.Encodings.Web;
using System.Text.Json;
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
    /// <summary>On one line.</summary>
    public static RegistryJson Compact { get; } = new(Writing(indented: false));

    /// <summary>With line breaks, for <c>?pretty</c>.</summary>
    public static RegistryJson Pretty { get; } = new(Writing(indented: true));

    // The answers are application/json and never part of a page: quotes and angle brackets may stay readable.
    private static JsonSerializerOptions Writing(bool indented) =>
        new() { WriteIndented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
