using System.Diagnostics.CodeAnalysis;

namespace LoadBalancer.Core.Routing;

/// <summary>
/// The routes of the configuration by host: exact hosts first, then wildcards from the longest. Within a host the longest
/// path first, then the route that demands more, then the order of the configuration.
/// </summary>
internal sealed class RouteTable
{
    private readonly Dictionary<string, Route[]> _exact;
    private readonly Dictionary<string, Route[]> _wildcard;
    private readonly int _longestWildcard;
    private readonly Route[] _anyHost;

    public RouteTable(IEnumerable<Route> routes)
    {
        var all = routes.ToLookup(static route => route.Host is null ? "" : route.Host.StartsWith("*.", StringComparison.Ordinal) ? "*" : "=");
        _exact = ByHost(all["="], static host => HostName.Of(host).ToString());
        _wildcard = ByHost(all["*"], static host => HostName.Of(host.AsSpan(2)).ToString());
        _longestWildcard = _wildcard.Keys.Select(static host => host.Length).DefaultIfEmpty(-1).Max();
        _anyHost = Order(all[""]);
    }

    /// <summary>The route that names the request's host, exactly or by a wildcard.</summary>
    public bool TryMatchHost(in RouteRequest request, [NotNullWhen(true)] out Route? match) =>
        TryMatchHost(_exact, request.Host, request, out match) || TryMatchWildcard(request, out match);

    /// <summary>The route without a host.</summary>
    public bool TryMatchAnyHost(in RouteRequest request, [NotNullWhen(true)] out Route? match) => TryFirst(_anyHost, request, out match);

    private bool TryMatchWildcard(in RouteRequest request, [NotNullWhen(true)] out Route? match)
    {
        match = null;
        if (_wildcard.Count == 0)
        {
            return false;
        }
        var rest = request.Host;
        while (rest.IndexOf('.') is var dot and >= 0)
        {
            rest = rest[(dot + 1)..];
            // Looking up every tail of a host of ten thousand dots would cost the square of its length.
            if (rest.Length <= _longestWildcard && TryMatchHost(_wildcard, rest, request, out match))
            {
                return true;
            }
        }
        return false;
    }

    private static bool TryMatchHost(Dictionary<string, Route[]> byHost, ReadOnlySpan<char> host, in RouteRequest request, [NotNullWhen(true)] out Route? match)
    {
        match = null;
        return byHost.Count > 0 && byHost.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(host, out var routes) && TryFirst(routes, request, out match);
    }

    private static bool TryFirst(Route[] routes, in RouteRequest request, [NotNullWhen(true)] out Route? match)
    {
        foreach (var route in routes)
        {
            if (route.Matches(request))
            {
                match = route;
                return true;
            }
        }
        match = null;
        return false;
    }

    private static Dictionary<string, Route[]> ByHost(IEnumerable<Route> routes, Func<string, string> key) =>
        routes.GroupBy(route => key(route.Host!), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(static group => group.Key, static group => Order(group), StringComparer.OrdinalIgnoreCase);

    private static Route[] Order(IEnumerable<Route> routes) =>
        [.. routes.OrderByDescending(static route => route.Path.Length).ThenByDescending(static route => route.Headers.Length + route.Cookies.Length + (route.Methods.IsEmpty ? 0 : 1))];
}
