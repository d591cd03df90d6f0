using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;

namespace LoadBalancer.Http;

/// <summary>What the proxy knows of one request: where it came in, where it goes, and how far it has got.</summary>
internal sealed class Exchange(Listener listener, ClientConnection connection)
{
    /// <summary>The way to an endpoint; a field, because it must not be copied.</summary>
    public Dispatch Dispatch;

    /// <summary>The running attempt, or the last one; null before the first.</summary>
    public Attempt? Attempt { get; set; }

    /// <summary>The body, when it is kept for another attempt.</summary>
    public ReplayBody? Body { get; set; }

    /// <summary>Ends the whole request; null when it has no limit.</summary>
    public CancellationTokenSource? Deadline { get; set; }

    /// <summary>True when the time of the whole request is over.</summary>
    public bool IsExpired => Deadline is { IsCancellationRequested: true };

    /// <summary>True when the client asks for a tunnel (a WebSocket), which is idle by other rules.</summary>
    public bool AsksForTunnel { get; set; }

    /// <summary>What the request holds of the service's guard; null when the service has none.</summary>
    public GuardPass? Pass { get; set; }

    /// <summary>Who may get a copy of the request; null for nobody.</summary>
    public RouteMirror? Mirror { get; set; }

    public Listener Listener { get; } = listener;

    /// <summary>Where it came from.</summary>
    public ClientConnection Connection { get; } = connection;
}
