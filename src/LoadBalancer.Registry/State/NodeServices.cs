namespace LoadBalancer.Registry.State;

/// <summary>A node with its service instances by id; the answer of /v1/catalog/node.</summary>
internal sealed record NodeServices(NodeRow Node, IReadOnlyDictionary<string, ServiceRow> Services);
