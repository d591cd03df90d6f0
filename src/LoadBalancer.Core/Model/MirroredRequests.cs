namespace LoadBalancer.Core.Model;

/// <summary>Copies of the requests of routes that a service gets besides its own: how many run, came through, or were dropped.</summary>
public sealed class MirroredRequests
{
    private int _inFlight;
    private long _sent;
    private long _dropped;

    /// <summary>Copies that are gathered, wait or run.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Copies that an endpoint answered.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Copies that were to be sent and got no answer: too many at once, too long, cut off, refused or failed.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Begins a copy, which <see cref="End"/> ends once; false when as many run already, and it counts as dropped.</summary>
    public bool TryBegin(int max)
    {
        if (Interlocked.Increment(ref _inFlight) <= max)
        {
            return true;
        }
        End(isSent: false);
        return false;
    }

    /// <summary>Ends a copy.</summary>
    public void End(bool isSent)
    {
        Interlocked.Increment(ref isSent ? ref _sent : ref _dropped);
        Interlocked.Decrement(ref _inFlight);
    }
}
