namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>Whose checks changed: services by name, and nodes whose own checks changed, which concern all instances on them.</summary>
internal sealed class CheckChanges
{
    public HashSet<string> Services { get; } = [];

    public HashSet<string> Nodes { get; } = [];

    public bool IsEmpty => Services.Count == 0 && Nodes.Count == 0;

    /// <param name="node">Where the check is.</param>
    /// <param name="service">Whose it is; "" for a check of the node.</param>
    public void Add(string node, string service)
    {
        if (service.Length > 0)
        {
            Services.Add(service);
        }
        else
        {
            Nodes.Add(node);
        }
    }
}
