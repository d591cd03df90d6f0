using System.Text.Json.Serialization;

namespace LoadBalancer.Admin;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ServiceView))]
[JsonSerializable(typeof(IReadOnlyList<ServiceView>))]
internal sealed partial class AdminJson : JsonSerializerContext;
