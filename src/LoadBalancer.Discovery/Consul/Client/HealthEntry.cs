using System.Text.Json.Serialization;

namespace LoadBalancer.Discovery.Consul.Client;

/// <summary>One instance in /v1/health/service (https://developer.hashicorp.com/consul/api-docs/health).</summary>
internal sealed record HealthEntry
{
    public required CatalogNode Node { get; init; }

    public required CatalogService Service { get; init; }

    public HealthCheck[]? Checks { get; init; }

    internal sealed record CatalogNode
    {
        [JsonPropertyName("Node")]
        public required string Name { get; init; }

        public string? Address { get; init; }

        public string? Datacenter { get; init; }
    }

    internal sealed record CatalogService
    {
        [JsonPropertyName("ID")]
        public required string Id { get; init; }

        public string? Address { get; init; }

        public int Port { get; init; }

        public string[]? Tags { get; init; }

        public Dictionary<string, string?>? Meta { get; init; }

        public ServiceWeights? Weights { get; init; }

        /// <summary>The index of the last registration that changed anything; registering the same again does not.</summary>
        public ulong ModifyIndex { get; init; }
    }

    internal sealed record ServiceWeights(int Passing, int Warning);
}
