namespace LoadBalancer.Registry.State;

/// <summary>A node and all that hangs on it; changed only under the state's lock.</summary>
internal sealed class NodeEntry(NodeRow row)
{
    public NodeRow Row { get; set; } = row;

    public SortedDictionary<string, ServiceEntry> Services { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every check by id, those of the node itself and those of its services.</summary>
    public SortedDictionary<string, CheckRow> Checks { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The ids in <see cref="Checks"/> that belong to no service and therefore to all.</summary>
    public SortedSet<string> OwnChecks { get; } = new(StringComparer.OrdinalIgnoreCase);
}
