using LoadBalancer.Configuration.Options;
using LoadBalancer.Configuration.Text;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Static;

namespace LoadBalancer.Configuration.Rules;

/// <summary>Every service that lb.json names can be provided by a source.</summary>
internal static class ServiceRules
{
    public static void Check(LbOptions options, JsonTreeNode root, ConfigurationReport report)
    {
        var fixedNames = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        CheckStatic(options.Discovery, fixedNames, report);
        fixedNames.UnionWith(options.Discovery.Dns?.ServiceNames() ?? []);
        foreach (var (path, name) in References(options, root))
        {
            CheckName(path, name, options.Discovery.Consul is not null, fixedNames, report);
        }
        CheckSources(options, root, report);
        CheckCase(options, root, report);
        CheckHashOn(options, report);
        CheckTimeouts(options, root, report);
        CheckConnections(options, report);
    }

    private static void CheckStatic(DiscoveryOptions discovery, HashSet<string> names, ConfigurationReport report)
    {
        var path = ConfigurationPath.Root.Key("discovery").Key("static");
        foreach (var name in discovery.Static.Keys.Where(name => !names.Add(name)))
        {
            report.KeyError(path.Key(name), "differs from another service only in case; names are compared without regard to it");
        }
        foreach (var result in StaticServices.Validate(discovery.Static))
        {
            report.Error(path.Key(result.MemberNames.Single()), result.ErrorMessage!);
        }
    }

    private static IEnumerable<(ConfigurationPath Path, string Name)> References(LbOptions options, JsonTreeNode root)
    {
        foreach (var (name, listener) in options.Listeners)
        {
            if (listener.Service is not null)
            {
                yield return (ConfigurationPath.Root.Key("listeners").Key(name).Key("service"), listener.Service);
            }
        }
        for (var i = 0; i < options.Routing.Routes.Count; i++)
        {
            foreach (var reference in References(options.Routing.Routes[i], ConfigurationPath.Root.Key("routing").Key("routes").Item(i)))
            {
                yield return reference;
            }
        }
        foreach (var name in options.Services.Keys.Where(name => name != LbOptions.AllServices))
        {
            yield return (ConfigurationPath.Root.Key("services").Key(name), name);
        }
        foreach (var (name, service) in options.Services)
        {
            var path = ConfigurationPath.Root.Key("services").Key(name).Key("fallbacks");
            // Inherited ones are checked once, where they stand.
            for (var i = 0; i < service.Fallbacks.Count && path.In(root) is not null; i++)
            {
                yield return (path.Item(i), service.Fallbacks[i]);
            }
        }
    }

    private static IEnumerable<(ConfigurationPath Path, string Name)> References(RouteOptions route, ConfigurationPath path)
    {
        if (route.Service is not null)
        {
            yield return (path.Key("service"), route.Service);
        }
        for (var i = 0; i < route.Split.Count; i++)
        {
            yield return (path.Key("split").Item(i).Key("service"), route.Split[i].Service);
        }
        if (route.Mirror is not null)
        {
            yield return (path.Key("mirror").Key("service"), route.Mirror.Service);
        }
    }

    private static void CheckName(ConfigurationPath path, string name, bool mayComeLater, HashSet<string> fixedNames, ConfigurationReport report)
    {
        if (fixedNames.Contains(name))
        {
            return;
        }
        var nearest = Nearest.Of(name, fixedNames);
        if (!mayComeLater)
        {
            report.Error(path, nearest is not null
                ? $"no source provides a service \"{name}\"; did you mean \"{nearest}\"?"
                : $"no source provides a service \"{name}\"; add it to discovery.static or discovery.dns.services, or configure discovery.consul");
        }
        else if (nearest is not null)
        {
            report.Warn(path, $"unless Consul has a service \"{name}\", \"{nearest}\" is meant");
        }
    }

    private static void CheckSources(LbOptions options, JsonTreeNode root, ConfigurationReport report)
    {
        var services = ConfigurationPath.Root.Key("services");
        foreach (var (name, service) in options.Services)
        {
            var problem = service.Source switch
            {
                SourceKind.Consul when options.Discovery.Consul is null => "there is no discovery.consul",
                SourceKind.Dns when options.Discovery.Dns is null => "there is no discovery.dns",
                SourceKind.Static when options.Discovery.Static.Count == 0 => "there is no discovery.static",
                _ => null,
            };
            // An inherited source is reported once, where it stands.
            if (problem is not null && services.Key(name).Key("source") is var path && path.In(root) is not null)
            {
                report.Error(path, $"{problem}; configure it, or remove the source");
            }
        }
    }

    private static void CheckCase(LbOptions options, JsonTreeNode root, ConfigurationReport report)
    {
        var services = ConfigurationPath.Root.Key("services");
        foreach (var same in options.Services.Keys.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            var ordered = same.Select(services.Key).OrderBy(path => path.KeyPlace(root).Line).ToArray();
            report.KeyError(ordered[^1], $"is the same service as {ordered[0]} of line {ordered[0].KeyPlace(root).Line}; names are compared without regard to case");
        }
    }

    private static void CheckHashOn(LbOptions options, ConfigurationReport report)
    {
        foreach (var (name, listener) in options.Listeners.Where(static entry => entry.Value is { Protocol: not ListenerProtocol.Http, Service: not null }))
        {
            var entry = options.Services.Keys.FirstOrDefault(key => key.Equals(listener.Service, StringComparison.OrdinalIgnoreCase)) ?? LbOptions.AllServices;
            if (options.Services.TryGetValue(entry, out var service) && service is { Balance: BalanceAlgorithm.Hash, HashOn.Key.Kind: not HashKeyKind.Source })
            {
                report.Warn(
                    ConfigurationPath.Root.Key("services").Key(entry).Key("hashOn"),
                    $"the connections of the {listener.Protocol.ToString().ToLowerInvariant()} listener \"{name}\" have no {service.HashOn.Key.Kind.ToString().ToLowerInvariant()}; they are hashed on their source");
            }
        }
    }

    private static void CheckTimeouts(LbOptions options, JsonTreeNode root, ConfigurationReport report)
    {
        foreach (var (name, service) in options.Services)
        {
            // Only what is written: a short interval alone is no mistake.
            var path = ConfigurationPath.Root.Key("services").Key(name).Key("check").Key("timeout");
            if (service.Check is { } check && check.Timeout > check.Interval && path.In(root) is not null)
            {
                report.Warn(path, "is longer than the interval; checks of an endpoint do not overlap, so one that does not answer is checked less often");
            }
        }
    }

    private static void CheckConnections(LbOptions options, ConfigurationReport report)
    {
        foreach (var (name, _) in options.Services.Where(static entry => entry.Value is { Protocol: UpstreamProtocol.H2c, EndpointLimits: { MaxConnections: > 0, MaxRequests: 0 } }))
        {
            report.Warn(
                ConfigurationPath.Root.Key("services").Key(name).Key("endpointLimits").Key("maxConnections"),
                "the requests of an h2c service share connections; set maxRequests to limit them");
        }
    }
}
