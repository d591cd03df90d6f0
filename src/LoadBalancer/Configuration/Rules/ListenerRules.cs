using LoadBalancer.Configuration.Options;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Configuration.Rules;

/// <summary>There is a listener, and no two parts of the balancer want the same address.</summary>
internal static class ListenerRules
{
    public static void Check(LbOptions options, JsonTreeNode root, ConfigurationReport report)
    {
        var listeners = ConfigurationPath.Root.Key("listeners");
        if (options.Listeners.Count == 0)
        {
            report.Error(listeners, "there is no listener; add one, for example \"web\": { \"bind\": \":8080\" }");
        }
        var binds = Binds(options, listeners).ToArray();
        for (var i = 0; i < binds.Length; i++)
        {
            foreach (var other in binds[..i].Where(other => other.Bind.Overlaps(binds[i].Bind)).Take(1))
            {
                // Point at what is written, not at a default.
                var (blamed, taken) = binds[i].Path.In(root) is not null ? (binds[i], other) : (other, binds[i]);
                var origin = taken.Path.In(root) is null ? ", the default" : "";
                report.Error(blamed.Path, $"{blamed.Bind} is already taken by {taken.Path} ({taken.Bind}{origin}); use another port or address");
            }
        }
    }

    private static IEnumerable<(ConfigurationPath Path, BindAddress Bind)> Binds(LbOptions options, ConfigurationPath listeners)
    {
        foreach (var (name, listener) in options.Listeners)
        {
            yield return (listeners.Key(name).Key("bind"), listener.Bind);
        }
        if (options.Admin is { } admin)
        {
            yield return (ConfigurationPath.Root.Key("admin").Key("bind"), admin.Bind);
        }
        if (options.Registry is { } registry)
        {
            var path = ConfigurationPath.Root.Key("registry");
            yield return (path.Key("http"), registry.Http);
            if (registry.Dns is { } dns)
            {
                yield return (path.Key("dns"), dns);
            }
        }
    }
}
