using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Routing;

/// <summary>
/// Leads a request to a service: a route that names its host, else the host rule, else a route without a host. Immutable; a new
/// configuration makes a new router. Services are found in the catalog, so that one that comes or goes rebuilds nothing.
/// </summary>
public sealed class Router
{
    private readonly RouteTable _routes;
    private readonly HostRule? _hostRule;
    private readonly Catalog _catalog;

    /// <summary>A router over the services of <paramref name="catalog"/>.</summary>
    /// <param name="routes">The routes of the configuration.</param>
    /// <param name="domain">The domain of the host rule ("haproxy.service.consul"), or null for none.</param>
    /// <param name="catalog">Where services are found.</param>
    public Router(IEnumerable<Route> routes, string? domain, Catalog catalog)
    {
        _catalog = catalog;
        _routes = new RouteTable(routes.Select(Prepare));
        _hostRule = string.IsNullOrEmpty(domain) ? null : new HostRule(domain);

        Route Prepare(Route route) => route with
        {
            Shares = route.Split.IsEmpty ? null : new RouteSplit(route, catalog),
            Copies = route.Mirror is null ? null : new RouteMirror(route.Mirror, catalog),
        };
    }

    /// <summary>Where the request goes; allocates nothing.</summary>
    public RouteMatch Match(in RouteRequest request)
    {
        if (_routes.TryMatchHost(request, out var route))
        {
            return Lead(route, request);
        }
        var byRule = _hostRule is null ? default : _hostRule.Match(request.Host, _catalog);
        return !byRule.IsMatch && _routes.TryMatchAnyHost(request, out route) ? Lead(route, request) : byRule;
    }

    private RouteMatch Lead(Route route, in RouteRequest request)
    {
        var match = route.Shares is { } shares ? shares.Choose(request.Keys) : new RouteMatch(_catalog.Find(route.Service), route.Service, route.Tag);
        return route.Copies is null ? match : match with { Mirror = route.Copies };
    }
}
