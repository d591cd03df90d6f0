namespace LoadBalancer.Core.Resilience;

/// <summary>The arithmetic of the generic cell rate algorithm; all in timestamps.</summary>
/// <param name="Interval">Between two requests at the steady rate (the algorithm's T).</param>
/// <param name="Tolerance">How far ahead of the clock a bucket may be full again: burst x interval.</param>
internal readonly record struct Gcra(long Interval, long Tolerance)
{
    public static Gcra Of(double rate, int burst, TimeProvider time)
    {
        if (rate is not (> 0 and <= RateLimit.MaxRate))
        {
            throw new ArgumentOutOfRangeException(nameof(rate), rate, $"A rate is above 0 and at most {RateLimit.MaxRate:0} per second.");
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, 1);
        // A year is as good as never, and keeps the sums within a long.
        var year = time.TimestampFrequency * (365d * 86_400);
        var interval = Math.Min(year, Math.Round(time.TimestampFrequency / rate));
        return new Gcra((long)interval, (long)Math.Max(interval, Math.Min(year, interval * burst)));
    }

    /// <summary>
    /// Whether a bucket that is full again at <paramref name="fullAt"/> has a token; if so, when it is full after giving
    /// it away, else how long the next token takes.
    /// </summary>
    public bool TryTake(long fullAt, long now, out long next, out long wait)
    {
        next = Math.Max(fullAt, now) + Interval;
        wait = next - now - Tolerance;
        return wait <= 0;
    }
}
