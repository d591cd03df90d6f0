namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>Which of the services that Consul knows are watched.</summary>
/// <param name="options">The tag that they must have, and the names that are left out.</param>
/// <param name="only">Only these; empty for all.</param>
internal sealed class ServiceFilter(ConsulOptions options, IEnumerable<string> only)
{
    /// <summary>The service that Consul's servers register themselves as.</summary>
    public const string ConsulItself = "consul";

    private readonly HashSet<string> _only = new(only, StringComparer.OrdinalIgnoreCase);

    /// <param name="name">The service.</param>
    /// <param name="tags">All tags of all of its instances.</param>
    public bool Takes(string name, string[] tags) =>
        (_only.Count > 0 ? _only.Contains(name) : name != ConsulItself && name != options.Register?.Name)
        && (options.Tag is null || tags.Contains(options.Tag));
}
