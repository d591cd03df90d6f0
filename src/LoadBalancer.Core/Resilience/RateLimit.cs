namespace LoadBalancer.Core.Resilience;

/// <summary>
/// A token bucket in one word: the generic cell rate algorithm (ITU-T I.371 appendix A), which stores the time at which
/// the bucket would be full again. Never admits more than burst + rate x t within any time t, and a burst at once.
/// </summary>
/// <remarks>Thread safe without a lock.</remarks>
public sealed class RateLimit
{
    /// <summary>Requests per second; above it a clock of 100 ns would round by more than 5 %.</summary>
    public const double MaxRate = 1_000_000;

    private readonly Gcra _gcra;
    private readonly TimeProvider _time;
    private long _fullAt = long.MinValue;

    /// <summary>A full bucket.</summary>
    /// <param name="rate">Requests per second, above 0 and at most <see cref="MaxRate"/>.</param>
    /// <param name="burst">Requests at once, at least 1.</param>
    /// <param name="time">Whose timestamps the calls pass.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate or the burst is out of its range.</exception>
    public RateLimit(double rate, int burst, TimeProvider time)
    {
        _gcra = Gcra.Of(rate, burst, time);
        _time = time;
    }

    /// <summary>Takes a token, or tells after which time there is one.</summary>
    public bool TryAcquire(long now, out TimeSpan retryAfter)
    {
        var fullAt = Volatile.Read(ref _fullAt);
        while (true)
        {
            if (!_gcra.TryTake(fullAt, now, out var next, out var wait))
            {
                retryAfter = _time.ToTimeSpan(wait);
                return false;
            }
            var seen = Interlocked.CompareExchange(ref _fullAt, next, fullAt);
            if (seen == fullAt)
            {
                retryAfter = TimeSpan.Zero;
                return true;
            }
            fullAt = seen;
        }
    }
}
