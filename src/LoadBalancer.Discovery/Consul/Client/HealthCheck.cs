using System.Text.Json.Serialization;

namespace LoadBalancer.Discovery.Consul.Client;

/// <summary>One check of a node or of an instance (https://developer.hashicorp.com/consul/api-docs/health).</summary>
internal sealed record HealthCheck
{
    public required string Node { get; init; }

    [JsonPropertyName("CheckID")]
    public required string CheckId { get; init; }

    public required string Status { get; init; }

    public string? Name { get; init; }

    public string? Notes { get; init; }

    public string? Output { get; init; }

    /// <summary>"http", "tcp", "ttl", ...; empty where Consul is too old to tell.</summary>
    public string? Type { get; init; }

    /// <summary>Empty for a check of the node.</summary>
    [JsonPropertyName("ServiceID")]
    public string? ServiceId { get; init; }

    /// <summary>Empty for a check of the node.</summary>
    public string? ServiceName { get; init; }
}
