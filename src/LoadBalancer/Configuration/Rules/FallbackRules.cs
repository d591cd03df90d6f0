using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Configuration.Rules;

/// <summary>Fallbacks lead away from a service and never back to it.</summary>
internal static class FallbackRules
{
    public static void Check(LbOptions options, JsonTreeNode root, ConfigurationReport report)
    {
        var services = ConfigurationPath.Root.Key("services");
        // What comes from "*" counts for no service that it names itself, so it makes no circle.
        var written = options.Services
            .Where(entry => entry.Key != LbOptions.AllServices && services.Key(entry.Key).Key("fallbacks").In(root) is not null)
            .ToDictionary(static entry => entry.Key, static entry => entry.Value.Fallbacks, StringComparer.OrdinalIgnoreCase);
        foreach (var name in written.Keys)
        {
            if (Circle(name, written) is { } circle)
            {
                report.Error(services.Key(name).Key("fallbacks"), $"goes round in a circle: {string.Join(" -> ", circle)}; remove one of them");
            }
        }
        var consul = options.Discovery.Consul;
        var further = options.FallbackDatacenters().Count();
        if (consul is not null && consul.MaxConnections < 24 + (2 * (consul.Datacenters.Count + further)))
        {
            report.Error(
                ConfigurationPath.Root.Key("discovery").Key("consul").Key("maxConnections"),
                $"maxConnections must be at least {24 + (2 * (consul.Datacenters.Count + further))} with the datacenters of the fallbacks");
        }
    }

    /// <summary>The shortest way from a service back to it, or null.</summary>
    private static List<string>? Circle(string name, Dictionary<string, IReadOnlyList<string>> fallbacks)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var ways = new Queue<List<string>>([[name]]);
        while (ways.TryDequeue(out var way))
        {
            foreach (var next in fallbacks.GetValueOrDefault(way[^1]) ?? [])
            {
                if (next.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return [.. way, next];
                }
                if (seen.Add(next))
                {
                    ways.Enqueue([.. way, next]);
                }
            }
        }
        return null;
    }
}
