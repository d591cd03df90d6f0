using System.Text.Json.Serialization;

namespace LoadBalancer.Discovery.Consul.Client;

/// <summary>
/// The JSON that the balancer reads and writes. Unknown fields are skipped; a field that is not nullable here must be
/// there and have its type, or the answer is malformed.
/// </summary>
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Dictionary<string, string[]?>))]
[JsonSerializable(typeof(HealthEntry[]))]
[JsonSerializable(typeof(HealthCheck[]))]
[JsonSerializable(typeof(ServiceRegistration))]
internal sealed partial class ConsulJson : JsonSerializerContext;
