using System.Numerics;

namespace LoadBalancer.Core.Resilience;

/// <summary>
/// A quantile of recent latencies, for the delay after which a request is hedged (Dean, Barroso, "The tail at scale",
/// 2013). A log-linear histogram as in HdrHistogram: 16 steps for each doubling, so that the answer is at most 1/16 too
/// high; from 1 microsecond to 2^27 (134 s), above which all counts as that. 3 kB, nothing allocated later.
/// </summary>
/// <remarks>
/// Recording is one atomic addition. Two histograms take turns, so that what is read covers between one and two windows;
/// who records while they change places may count into either or be forgotten.
/// </remarks>
public sealed class LatencyQuantile
{
    private const int SubBits = 4;
    private const int Steps = 1 << SubBits;
    private const int MaxBits = 27;
    private const int BucketCount = (MaxBits - SubBits + 1) * Steps;
    private const int RefreshesPerWindow = 64;

    private readonly double _quantile;
    private readonly int _leastSamples;
    private readonly long _window;
    private readonly long _refresh;
    private volatile int[] _current = new int[BucketCount];
    private volatile int[] _previous = new int[BucketCount];
    private long _windowEnds = long.MinValue;
    private long _refreshAt = long.MinValue;
    private long _value = -1;
    private int _refreshing;

    /// <summary>An empty histogram.</summary>
    /// <param name="quantile">Above 0 and below 1: 0.95 for the 95th percentile.</param>
    /// <param name="window">How long a latency counts at least: a second to an hour.</param>
    /// <param name="leastSamples">With fewer there is no answer: at least 1.</param>
    /// <param name="time">Whose timestamps the calls pass.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public LatencyQuantile(double quantile, TimeSpan window, int leastSamples, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        if (quantile is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(quantile), quantile, "A quantile is above 0 and below 1.");
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(window, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, TimeSpan.FromHours(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(leastSamples, 1);
        _quantile = quantile;
        _leastSamples = leastSamples;
        _window = time.ToTimestamp(window);
        _refresh = _window / RefreshesPerWindow;
    }

    /// <summary>Counts one latency.</summary>
    public void Record(TimeSpan latency)
    {
        var microseconds = Math.Clamp(latency.Ticks / TimeSpan.TicksPerMicrosecond, 0, (1L << MaxBits) - 1);
        Interlocked.Increment(ref _current[BucketOf((uint)microseconds)]);
    }

    /// <summary>The quantile, computed anew 64 times per window; null while there are too few latencies.</summary>
    public TimeSpan? Read(long now)
    {
        if (now >= Volatile.Read(ref _refreshAt) && Interlocked.Exchange(ref _refreshing, 1) == 0)
        {
            Refresh(now);
            Volatile.Write(ref _refreshing, 0);
        }
        var value = Volatile.Read(ref _value);
        return value < 0 ? null : TimeSpan.FromMicroseconds(value);
    }

    /// <summary>The first 16 buckets are a microsecond wide; then each doubling has 16.</summary>
    internal static int BucketOf(uint microseconds)
    {
        if (microseconds < Steps)
        {
            return (int)microseconds;
        }
        var shift = BitOperations.Log2(microseconds) - SubBits;
        return (shift * Steps) + (int)(microseconds >> shift);
    }

    /// <summary>The largest latency that a bucket holds, in microseconds.</summary>
    internal static long HighestOf(int bucket)
    {
        if (bucket < Steps)
        {
            return bucket;
        }
        var shift = (bucket / Steps) - 1;
        return ((long)((bucket % Steps) + Steps + 1) << shift) - 1;
    }

    private void Refresh(long now)
    {
        // A thread that looked before another one refreshed comes a second time: no harm.
        Volatile.Write(ref _refreshAt, now + _refresh);
        var ends = _windowEnds;
        if (now >= ends)
        {
            var oldest = _previous;
            if (ends != long.MinValue && now - ends >= _window)
            {
                // Nobody read for so long that the current one is old, too.
                Array.Clear(_current);
            }
            Array.Clear(oldest);
            _previous = _current;
            _current = oldest;
            _windowEnds = now + _window;
        }
        var total = 0L;
        for (var i = 0; i < BucketCount; i++)
        {
            total += _current[i] + _previous[i];
        }
        Volatile.Write(ref _value, total < _leastSamples ? -1 : Find((long)Math.Ceiling(total * _quantile)));
    }

    private long Find(long rank)
    {
        var current = _current;
        var previous = _previous;
        for (var i = 0; i < BucketCount; i++)
        {
            rank -= current[i] + previous[i];
            if (rank <= 0)
            {
                return HighestOf(i);
            }
        }
        return HighestOf(BucketCount - 1);
    }
}
