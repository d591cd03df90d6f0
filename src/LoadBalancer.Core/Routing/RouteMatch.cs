using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Routing;

/// <summary>Where a request goes.</summary>
public readonly ref struct RouteMatch
{
    /// <summary>A match of a service and, unless empty, of the endpoints with one tag.</summary>
    public RouteMatch(Service? service, string? serviceName, ReadOnlySpan<char> tag)
    {
        Service = service;
        ServiceName = serviceName;
        Tag = tag;
    }

    /// <summary>The service; null when nothing matches or no source names the service yet.</summary>
    public Service? Service { get; }

    /// <summary>The name that the configuration gives; null when nothing matches.</summary>
    public string? ServiceName { get; }

    /// <summary>Only the endpoints with this tag; empty for all.</summary>
    public ReadOnlySpan<char> Tag { get; }

    /// <summary>Who may get a copy of the request; null for nobody.</summary>
    public RouteMirror? Mirror { get; init; }

    /// <summary>The service in whose place <see cref="Service"/> is, for it has too few endpoints; null when it is nobody's fallback.</summary>
    public Service? FallbackOf { get; init; }

    /// <summary>True when a route or the host rule leads somewhere, whether or not the service is there.</summary>
    public bool IsMatch => ServiceName is not null;
}
