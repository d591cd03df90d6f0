using LoadBalancer.Configuration.Options;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Configuration.Rules;

/// <summary>No route hides another.</summary>
internal static class RouteRules
{
    public static void Check(RoutingOptions routing, JsonTreeNode root, ConfigurationReport report)
    {
        var routes = ConfigurationPath.Root.Key("routing").Key("routes");
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
