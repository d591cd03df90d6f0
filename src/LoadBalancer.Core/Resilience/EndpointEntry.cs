using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Resilience;

/// <summary>A waiter's node in an <see cref="EndpointQueue"/>, with what it waits for. It can also wait in a <see cref="RequestQueue"/>.</summary>
public sealed class EndpointEntry(IWaiter waiter) : QueueEntry(waiter)
{
    private PickContext _context;

    /// <summary>Its endpoint must have this tag; "" for any.</summary>
    internal string Tag { get; private set; } = "";

    /// <summary>The hash of its key and the endpoints that it has tried already and does not get again.</summary>
    internal ref PickContext Context => ref _context;

    /// <summary>What it was granted: an endpoint on which it is counted, or null when there is none left to wait for.</summary>
    internal Endpoint? Granted { get; set; }

    /// <summary>The snapshot by which that was decided: the endpoint may be gone from the next one.</summary>
    internal ServiceSnapshot? GrantedBy { get; set; }

    /// <summary>Says what to wait for; only while it does not wait.</summary>
    internal void Want(string tag, in PickContext context)
    {
        Tag = tag;
        _context = context;
        Granted = null;
        GrantedBy = null;
    }

    /// <summary>True when whoever serves this one serves the other as well.</summary>
    internal bool WantsSame(EndpointEntry other) =>
        _context.Count == 0 && other._context.Count == 0 && Tag.Equals(other.Tag, StringComparison.OrdinalIgnoreCase);
}
