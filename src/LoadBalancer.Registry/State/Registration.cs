namespace LoadBalancer.Registry.State;

/// <summary>What one change brings to the catalog: a node, at most one service instance on it, and checks.</summary>
internal sealed record Registration(NodeRow Node, ServiceRow? Service, IReadOnlyList<CheckRow> Checks);
