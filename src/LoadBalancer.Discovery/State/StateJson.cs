using System.Text.Json.Serialization;

namespace LoadBalancer.Discovery.State;

/// <summary>Source-generated JSON of <see cref="StateContent"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StateContent))]
internal sealed partial class StateJson : JsonSerializerContext;
