namespace LoadBalancer.Listeners;

/// <summary>Says when something that happens again and again is worth another line in the log: once per period.</summary>
internal sealed class Reminder(TimeSpan period, TimeProvider time)
{
    /// <summary>When it was last said; 0 for never.</summary>
    private long _said;

    /// <summary>True for one of all who ask in a period.</summary>
    public bool IsDue()
    {
        var now = time.GetTimestamp();
        var before = Volatile.Read(ref _said);
        return (before == 0 || time.GetElapsedTime(before, now) >= period) && Interlocked.CompareExchange(ref _said, now, before) == before;
    }
}
