namespace LoadBalancer.Registry.State;

/// <summary>The tables that carry an index of their own.</summary>
internal enum Table
{
    Nodes,
    Services,
    Checks,
    KeyValues,
}
