using LoadBalancer.Configuration.Options;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Configuration.Rules;

/// <summary>No route hides another, and each can match something.</summary>
internal static class RouteRules
{
    public static void Check(LbOptions options, JsonTreeNode root, ConfigurationReport report)
    {
        var routes = ConfigurationPath.Root.Key("routing").Key("routes");
        CheckConflicts(options.Routing, routes, root, report);
        // Where there are http listeners, too, a route is written for those.
        if (options.Listeners.Values.Any(static one => one.Protocol == ListenerProtocol.Tls) && options.Listeners.Values.All(static one => one.Protocol != ListenerProtocol.Http))
        {
            CheckForTls(options.Routing, routes, report);
        }
    }

    private static void CheckForTls(RoutingOptions routing, ConfigurationPath routes, ConfigurationReport report)
    {
        for (var i = 0; i < routing.Routes.Count; i++)
        {
            var route = routing.Routes[i];
            var demand = route.Path != "/" ? "path" : route.Methods.Count > 0 ? "methods" : route.Headers.Count > 0 ? "headers" : route.Cookies.Count > 0 ? "cookies" : null;
            if (demand is not null)
            {
                report.Warn(routes.Item(i).Key(demand), "never matches: a tls listener sees the server name and nothing of the requests, and there is no http listener");
            }
            if (route.Mirror is not null)
            {
                report.Warn(routes.Item(i).Key("mirror"), "copies nothing: a tls listener sees no requests, and there is no http listener");
            }
        }
    }

    private static void CheckConflicts(RoutingOptions routing, ConfigurationPath routes, JsonTreeNode root, ConfigurationReport report)
    {
        var first = new Dictionary<string, int>();
        for (var i = 0; i < routing.Routes.Count; i++)
        {
            if (!first.TryAdd(routing.Routes[i].MatchKey(), i))
            {
                var earlier = routes.Item(first[routing.Routes[i].MatchKey()]);
                report.Error(routes.Item(i), $"matches the same requests as {earlier} of line {earlier.Place(root).Line}; remove one of them");
            }
        }
    }
}
