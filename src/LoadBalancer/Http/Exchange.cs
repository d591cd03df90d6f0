using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;
using LoadBalancer.Listeners;
using Yarp.ReverseProxy.Forwarder;

namespace LoadBalancer.Http;

/// <summary>What the proxy knows of one request: where it came in, where it goes, and the lease while an endpoint has it.</summary>
internal sealed class Exchange(Listener listener)
{
    /// <summary>The lease of the running attempt; a field, because a lease must not be copied.</summary>
    public Lease Lease;

    /// <summary>The hash of the request's key, where the picker wants one, and the endpoints that have been tried.</summary>
    public PickContext Tried;

    /// <summary>The field of the request that the running attempt has sent first; null before it has sent anything.</summary>
    public string? FirstField { get; set; }

    /// <summary>What the request holds of the service's guard; null when the service has none.</summary>
    public GuardPass? Pass { get; set; }

    /// <summary>How the last attempt failed; none when no endpoint was there to try.</summary>
    public ForwarderError LastError { get; set; }

    public Listener Listener { get; } = listener;

    /// <summary>The name that the route or host rule gives; null when nothing matches.</summary>
    public string? ServiceName { get; set; }

    public Service? Service { get; set; }

    /// <summary>The snapshot at the time of routing.</summary>
    public ServiceSnapshot? Snapshot { get; set; }

    /// <summary>The tag that the route wants; kept only for <see cref="Refresh"/>, when the service has a guard.</summary>
    public string Tag { get; set; } = "";

    /// <summary>The picker of all endpoints or of those with the wanted tag; null when none has it.</summary>
    public Picker? Picker { get; set; }

    /// <summary>Takes the snapshot of this moment: while the request waited for its place, endpoints may have come and gone.</summary>
    public void Refresh()
    {
        Snapshot = Service?.Snapshot;
        Picker = Snapshot?.PickerFor(Tag);
    }
}
