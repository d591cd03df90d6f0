using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Health.Outliers;

/// <summary>
/// The endpoints of one service that are out for being outliers, and how often in a row each was. Not thread safe; the
/// service's writer locks.
/// </summary>
internal sealed class OutlierEjections
{
    /// <summary>Also those that are over: by them the next one grows.</summary>
    private readonly Dictionary<Endpoint, OutlierEjection> _latest = [];

    /// <summary>When the first ejection ends, or null when there is none.</summary>
    public TimeSpan? Next
    {
        get
        {
            TimeSpan? next = null;
            foreach (var ejection in _latest.Values)
            {
                next = ejection.IsOver || ejection.Until >= next ? next : ejection.Until;
            }
            return next;
        }
    }

    public string? ReasonOf(Endpoint endpoint) => _latest.TryGetValue(endpoint, out var ejection) && !ejection.IsOver ? ejection.Reason : null;

    public void Add(Endpoint endpoint, string reason, OutlierOptions options, TimeSpan now)
    {
        var inARow = 1;
        if (_latest.TryGetValue(endpoint, out var former))
        {
            inARow += Math.Max(0, former.InARow - (int)Math.Min(int.MaxValue, (now - former.Until) / options.EjectionTime));
        }
        // Bounded by division: the product of a streak and a day may be too large.
        var time = inARow >= options.MaxEjectionTime / options.EjectionTime ? options.MaxEjectionTime : options.EjectionTime * inARow;
        _latest[endpoint] = new OutlierEjection(reason, inARow, now + time, IsOver: false);
    }

    /// <summary>Ends the ejections whose time is over; true when there was one.</summary>
    public bool EndExpired(TimeSpan now)
    {
        var any = false;
        foreach (var (endpoint, ejection) in _latest)
        {
            if (!ejection.IsOver && ejection.Until <= now)
            {
                _latest[endpoint] = ejection with { IsOver = true };
                any = true;
            }
        }
        return any;
    }

    public void Forget(Endpoint endpoint) => _latest.Remove(endpoint);

    public void Clear() => _latest.Clear();
}
