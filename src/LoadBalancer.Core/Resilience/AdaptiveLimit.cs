namespace LoadBalancer.Core.Resilience;

/// <summary>
/// A limit on requests at once that follows the latency, so that overload is refused early instead of queued in the
/// endpoints. Once per window the limit is multiplied by the gradient, tolerance x latency without load / latency of the
/// window (0.5 to 1), and the square root of the limit is added as room for a queue: Netflix's concurrency-limits and
/// Envoy's adaptive concurrency filter.
/// </summary>
/// <remarks>
/// <para>The latency without load is learned while the load is low. Under constant load it would drift up with the queue
/// that it should bound (the weakness of an average, as Gradient2 has it), so it only falls then, and now and then the
/// limit is a quarter for a window or two to measure it, as in Envoy.</para>
/// <para>Thread safe without a lock: entering is one atomic operation, leaving two; who leaves first after the end of the
/// window computes the next limit.</para>
/// </remarks>
public sealed class AdaptiveLimit
{
    /// <summary>A window with fewer requests goes on: their average says little.</summary>
    internal const int LeastSamples = 10;

    // Count and sum of the window in one word, so that they change together: 20 bits of requests, 44 of microseconds.
    private const int CountShift = 44;
    private const long SumMask = (1L << CountShift) - 1;
    private const int MostSamples = 1 << 19;
    private const long LongestMicroseconds = 1L << 24;

    private const double Smoothing = 0.2;
    private const int MeasuringShare = 4;

    private readonly ConcurrencyLimit _places;
    private readonly AdaptiveLimitOptions _options;
    private readonly TimeProvider _time;
    private readonly long _window;
    private readonly long _measureEvery;
    private long _samples;
    private long _windowEnds;
    private int _peak;
    private int _updating;

    // Written by who holds _updating.
    private double _limit;
    private double _unloaded;
    private Measurement _measurement;
    private long _measureAt;

    /// <summary>A limit that starts at <see cref="AdaptiveLimitOptions.Initial"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public AdaptiveLimit(AdaptiveLimitOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Min, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Initial, options.Min, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Initial, options.Max, nameof(options));
        if (options.Tolerance is not (>= 1 and <= 10))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Tolerance, "The tolerance is from 1 to 10.");
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Window, TimeSpan.FromMilliseconds(10), nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Window, TimeSpan.FromMinutes(1), nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MeasureEvery, TimeSpan.FromSeconds(1), nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MeasureEvery, TimeSpan.FromDays(1), nameof(options));
        _options = options;
        _time = time;
        _window = time.ToTimestamp(options.Window);
        _measureEvery = time.ToTimestamp(options.MeasureEvery);
        _windowEnds = time.GetTimestamp() + _window;
        _measureAt = _windowEnds + _measureEvery;
        _limit = options.Initial;
        _places = new ConcurrencyLimit(options.Initial);
    }

    /// <summary>Requests at once that are allowed now.</summary>
    public int Limit => _places.Max;

    /// <summary>Requests inside.</summary>
    public int InUse => _places.InUse;

    /// <summary>The latency without load, zero before the first window has ended.</summary>
    public TimeSpan UnloadedLatency => TimeSpan.FromMicroseconds(Volatile.Read(ref _unloaded));

    /// <summary>Takes a place; each that was taken is given back once, by <see cref="Exit"/>, <see cref="Fail"/> or <see cref="Abandon"/>.</summary>
    public bool TryEnter() => _places.TryEnter();

    /// <summary>Gives a place back after an answer.</summary>
    /// <param name="entered">The timestamp at which the endpoint got the request.</param>
    /// <param name="now">The timestamp of its answer.</param>
    public void Exit(long entered, long now)
    {
        var inUse = _places.InUse;
        if (inUse > Volatile.Read(ref _peak))
        {
            // A lost race loses a peak that is about as high.
            Volatile.Write(ref _peak, inUse);
        }
        _places.Exit();
        var microseconds = Math.Clamp((long)_time.GetElapsedTime(entered, now).TotalMicroseconds, 1, LongestMicroseconds);
        var samples = Interlocked.Add(ref _samples, (1L << CountShift) | microseconds);
        if (IsDue(samples, now) && Interlocked.Exchange(ref _updating, 1) == 0)
        {
            // Another thread may have updated between this one's look and its turn.
            if (IsDue(Volatile.Read(ref _samples), now))
            {
                Update(now);
            }
            Volatile.Write(ref _updating, 0);
        }
    }

    /// <summary>
    /// Gives a place back after a failure. A slow one, as a timeout, is a sign of overload and counts as a latency; a quick
    /// one is no sign of speed and does not.
    /// </summary>
    public void Fail(long entered, long now)
    {
        if (_time.GetElapsedTime(entered, now) > UnloadedLatency)
        {
            Exit(entered, now);
        }
        else
        {
            Abandon();
        }
    }

    /// <summary>Gives a place back without a measurement: the client left.</summary>
    public void Abandon() => _places.Exit();

    private bool IsDue(long samples, long now)
    {
        var count = samples >>> CountShift;
        return (count >= LeastSamples && now >= Volatile.Read(ref _windowEnds)) || count >= MostSamples;
    }

    private void Update(long now)
    {
        var samples = Interlocked.Exchange(ref _samples, 0);
        Volatile.Write(ref _windowEnds, now + _window);
        var latency = (double)(samples & SumMask) / (samples >>> CountShift);
        var peak = Interlocked.Exchange(ref _peak, 0);
        switch (_measurement)
        {
            case Measurement.None:
                Learn(latency, peak);
                Move(latency, peak, now);
                break;
            case Measurement.Draining when peak <= _places.Max:
                _measurement = Measurement.Running;
                break;
            case Measurement.Running:
                Volatile.Write(ref _unloaded, latency);
                _measurement = Measurement.None;
                _measureAt = now + _measureEvery;
                _places.Max = (int)_limit;
                break;
        }
    }

    private bool WasBusy(int peak) => peak >= _limit / 2;

    private void Learn(double latency, int peak)
    {
        var difference = latency - _unloaded;
        if (_unloaded == 0)
        {
            Volatile.Write(ref _unloaded, latency);
        }
        else if (difference < 0 || !WasBusy(peak))
        {
            Volatile.Write(ref _unloaded, _unloaded + (difference * Smoothing));
        }
    }

    private void Move(double latency, int peak, long now)
    {
        var gradient = Math.Clamp(_options.Tolerance * _unloaded / latency, 0.5, 1);
        if (!WasBusy(peak))
        {
            // The limit was not what limited, and a low load needs no measurement.
            _measureAt = now + _measureEvery;
            if (gradient == 1)
            {
                return;
            }
        }
        var target = (_limit * gradient) + Math.Sqrt(_limit);
        _limit = Math.Clamp(_limit + ((target - _limit) * Smoothing), _options.Min, _options.Max);
        if (now >= _measureAt)
        {
            _measurement = Measurement.Draining;
            _places.Max = Math.Max(_options.Min, (int)_limit / MeasuringShare);
        }
        else
        {
            _places.Max = (int)_limit;
        }
    }

    /// <summary>Of the latency without load, under load.</summary>
    private enum Measurement
    {
        None,

        /// <summary>The limit is low; what came in before is still being answered.</summary>
        Draining,

        /// <summary>What is answered came in under the low limit.</summary>
        Running,
    }
}
