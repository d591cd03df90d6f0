namespace LoadBalancer.Core.Resilience;

/// <summary>After how long a request of a service is hedged: a fixed time, or a percentile of what recent ones took.</summary>
/// <remarks>Thread safe.</remarks>
/// <param name="options">Which of the two.</param>
/// <param name="time">Whose timestamps the calls pass.</param>
/// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
public sealed class HedgeDelay(HedgeOptions options, TimeProvider time)
{
    /// <summary>How long a latency counts at least.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    /// <summary>With fewer latencies nothing is hedged.</summary>
    public const int LeastSamples = 100;

    private readonly LatencyQuantile? _latencies = options.After is null ? new LatencyQuantile(options.Percentile / 100, Window, LeastSamples, time) : null;

    /// <summary>
    /// The delay now, in whole milliseconds; null while too little is known. Rounded up: a timer would cut off the rest,
    /// and a service that answers within a millisecond would have every request hedged.
    /// </summary>
    public TimeSpan? Read(long now) =>
        _latencies is null ? options.After
        : _latencies.Read(now) is { } latency ? TimeSpan.FromMilliseconds(Math.Max(1, (long)Math.Ceiling(latency.TotalMilliseconds)))
        : null;

    /// <summary>
    /// Counts how long a request waited for the head of its answer, from its first attempt on and whoever gave it: of a
    /// first attempt that lost to its hedge only that much is known.
    /// </summary>
    public void Record(TimeSpan latency) => _latencies?.Record(latency);
}
