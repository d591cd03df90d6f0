namespace LoadBalancer.Comparison.Load;

/// <summary>Every latency of one run, kept whole so that percentiles are exact. Grows outside of the steady state only.</summary>
internal sealed class Latencies(int expected)
{
    private long[] _nanoseconds = new long[Math.Max(expected, 1024)];

    public int Count { get; private set; }

    public void Add(long nanoseconds)
    {
        if (Count == _nanoseconds.Length)
        {
            Array.Resize(ref _nanoseconds, 2 * Count);
        }
        _nanoseconds[Count++] = nanoseconds;
    }

    /// <summary>Milliseconds by nearest rank, null of nothing; sorts in place.</summary>
    /// <param name="share">0.5 is the median.</param>
    public double? Percentile(double share)
    {
        if (Count == 0)
        {
            return null;
        }
        Array.Sort(_nanoseconds, 0, Count);
        var rank = (int)Math.Ceiling(share * Count);
        return _nanoseconds[Math.Clamp(rank - 1, 0, Count - 1)] / 1e6;
    }
}
