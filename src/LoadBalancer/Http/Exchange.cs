using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;

namespace LoadBalancer.Http;

/// <summary>What the proxy knows of one request: where it came in, where it goes, and how far it has got.</summary>
internal sealed class Exchange(Listener listener)
{
    /// <summary>The way to an endpoint; a field, because it must not be copied.</summary>
    public Dispatch Dispatch;

    /// <summary>The field of the request that the running attempt has sent first; null before it has sent anything.</summary>
    public string? FirstField { get; set; }

    /// <summary>What the request holds of the service's guard; null when the service has none.</summary>
    public GuardPass? Pass { get; set; }

    /// <summary>Who may get a copy of the request; null for nobody.</summary>
    public RouteMirror? Mirror { get; set; }

    public Listener Listener { get; } = listener;
}
