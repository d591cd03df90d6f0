using System.Text.Json.Serialization;

namespace LoadBalancer.Discovery.Consul.Client;

/// <summary>The body of /v1/agent/service/register (https://developer.hashicorp.com/consul/api-docs/agent/service).</summary>
internal sealed record ServiceRegistration
{
    [JsonPropertyName("ID")]
    public required string Id { get; init; }

    public required string Name { get; init; }

    public string? Address { get; init; }

    public required int Port { get; init; }

    public required string[] Tags { get; init; }

    public required Dictionary<string, string> Meta { get; init; }

    public required RegisteredCheck Check { get; init; }

    internal sealed record RegisteredCheck
    {
        [JsonPropertyName("CheckID")]
        public required string CheckId { get; init; }

        public required string Name { get; init; }

        [JsonPropertyName("HTTP")]
        public string? Http { get; init; }

        [JsonPropertyName("TCP")]
        public string? Tcp { get; init; }

        [JsonPropertyName("TLSSkipVerify")]
        public bool TlsSkipVerify { get; init; }

        public required string Interval { get; init; }

        public required string Timeout { get; init; }

        public required string DeregisterCriticalServiceAfter { get; init; }
    }
}
