using System.Diagnostics;

namespace LoadBalancer.Comparison.Load;

/// <summary>
/// When requests should be sent. At a constant rate the n-th is due n/rate after the start whatever became of the
/// others, and its latency counts from then: a proxy that stalls pays for every request it held up (no coordinated
/// omission). Without a rate a request is due when a connection is free for it.
/// </summary>
internal sealed class Schedule(long start, TimeSpan duration, double? rate)
{
    private readonly long _end = start + (long)(duration.TotalSeconds * Stopwatch.Frequency);
    private long _given;

    /// <summary>How many requests are due in all; null without a rate.</summary>
    public long? Total { get; } = rate is { } perSecond ? (long)(perSecond * duration.TotalSeconds) : null;

    /// <summary>When the next request is due, as a Stopwatch timestamp; null when there is none any more.</summary>
    public long? Next(long now)
    {
        if (rate is { } perSecond)
        {
            return _given < Total ? start + (long)(_given * (Stopwatch.Frequency / perSecond)) : null;
        }
        return now < _end ? now : null;
    }

    /// <summary>The request that <see cref="Next"/> named is being sent.</summary>
    public void Take() => _given++;
}
