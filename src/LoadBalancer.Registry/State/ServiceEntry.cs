namespace LoadBalancer.Registry.State;

/// <summary>A service instance and the ids of its checks; changed only under the state's lock.</summary>
internal sealed class ServiceEntry(NodeEntry node, ServiceRow row)
{
    public NodeEntry Node { get; } = node;

    public ServiceRow Row { get; set; } = row;

    public SortedSet<string> Checks { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The instance as /v1/health/service shows it: the node's checks first.</summary>
    public ServiceHealth Health() =>
        new(Node.Row, Row, [.. Node.OwnChecks.Concat(Checks).Select(id => Node.Checks[id])]);
}
