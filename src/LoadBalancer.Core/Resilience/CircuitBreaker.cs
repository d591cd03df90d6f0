using System.Globalization;

namespace LoadBalancer.Core.Resilience;

/// <summary>
/// Stops sending requests to a service that fails most of them (M. Nygard, "Release It!"): opens on a ratio of failures
/// over a minimum volume in a sliding window, lets a few probes pass after a time, and closes when they succeed.
/// </summary>
/// <remarks>
/// Thread safe. While it is closed, a success costs a volatile load and an atomic addition; failures, changes of state
/// and probes take a lock. Invariants: each permit counts at most once, for the phase that it was given in; in a half
/// open phase no more than <see cref="CircuitBreakerOptions.Probes"/> probes are under way or have succeeded.
/// </remarks>
public sealed class CircuitBreaker
{
    private readonly Lock _lock = new();
    private readonly CircuitBreakerOptions _options;
    private readonly TimeProvider _time;
    private readonly SlidingCount _results;
    private volatile BreakerPhase _phase;
    private long _opened;
    private int _probing;
    private int _proven;

    /// <summary>A closed breaker.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public CircuitBreaker(CircuitBreakerOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.FailureRatio is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.FailureRatio, "The failure ratio is above 0 and at most 1.");
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MinimumRequests, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Probes, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Window, TimeSpan.FromMilliseconds(100), nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Window, TimeSpan.FromMinutes(10), nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.OpenFor, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.OpenForMax, options.OpenFor, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.OpenForMax, TimeSpan.FromDays(1), nameof(options));
        _options = options;
        _time = time;
        _results = new SlidingCount(options.Window, time);
        _phase = new BreakerPhase(BreakerState.Closed, "", time.GetTimestamp(), 0, 0, 0);
    }

    /// <summary>Its state and why. An open one whose time is over stays open until a request asks.</summary>
    public BreakerPhase Phase => _phase;

    /// <summary>How often it ever opened.</summary>
    public long Opened => Volatile.Read(ref _opened);

    /// <summary>Whether it is open and its time is not over: a look that takes no permit, for who would have to wait first.</summary>
    public bool IsOpen(long now, out TimeSpan retryAfter)
    {
        var phase = _phase;
        var isOpen = phase.State == BreakerState.Open && now < phase.Until;
        retryAfter = isOpen ? _time.ToTimeSpan(phase.Until - now) : TimeSpan.Zero;
        return isOpen;
    }

    /// <summary>Whether a request may pass. Each permit ends once: success, failure or abandon.</summary>
    /// <param name="now">The provider's timestamp.</param>
    /// <param name="permit">What to end it with.</param>
    /// <param name="retryAfter">When refused: how long until it lets probes pass, zero when they are under way.</param>
    public bool TryEnter(long now, out BreakerPermit permit, out TimeSpan retryAfter)
    {
        var phase = _phase;
        retryAfter = TimeSpan.Zero;
        permit = new BreakerPermit(phase.Era);
        if (phase.State == BreakerState.Closed)
        {
            return true;
        }
        return !IsOpen(now, out retryAfter) && TryProbe(now, out permit);
    }

    /// <summary>The request was answered well.</summary>
    public void Succeeded(BreakerPermit permit, long now)
    {
        var phase = _phase;
        if (phase.Era != permit.Era)
        {
            return;
        }
        if (phase.State == BreakerState.Closed)
        {
            _results.Add(PairCount.OneEvent, now);
            return;
        }
        lock (_lock)
        {
            if (_phase.Era == permit.Era)
            {
                _probing--;
                if (++_proven >= _options.Probes)
                {
                    ChangeLocked(BreakerState.Closed, $"{_proven} of {_options.Probes} probes succeeded", now, _phase.Openings);
                }
            }
        }
    }

    /// <summary>The request failed: no connection, a timeout, a reset, or an answer that counts as a failure.</summary>
    public void Failed(BreakerPermit permit, long now)
    {
        if (_phase.Era != permit.Era)
        {
            return;
        }
        lock (_lock)
        {
            var phase = _phase;
            if (phase.Era != permit.Era)
            {
                return;
            }
            if (phase.State == BreakerState.HalfOpen)
            {
                OpenLocked("a probe failed", now);
                return;
            }
            _results.Add(PairCount.OneEvent + PairCount.OneMarked, now);
            var window = _results.Read(now);
            if (window.Events >= _options.MinimumRequests && window.Marked >= window.Events * _options.FailureRatio)
            {
                OpenLocked(string.Create(CultureInfo.InvariantCulture, $"{window.Marked} of {window.Events} requests failed within {_options.Window.TotalSeconds:0.###} s"), now);
            }
        }
    }

    /// <summary>The request says nothing about the service, as when the client left.</summary>
    public void Abandoned(BreakerPermit permit)
    {
        var phase = _phase;
        if (phase.State == BreakerState.Closed || phase.Era != permit.Era)
        {
            return;
        }
        lock (_lock)
        {
            if (_phase.Era == permit.Era)
            {
                _probing--;
            }
        }
    }

    private bool TryProbe(long now, out BreakerPermit permit)
    {
        lock (_lock)
        {
            if (_phase.State == BreakerState.Open && now >= _phase.Until)
            {
                ChangeLocked(BreakerState.HalfOpen, _phase.Reason, now, _phase.Openings);
            }
            permit = new BreakerPermit(_phase.Era);
            if (_phase.State == BreakerState.HalfOpen && _probing + _proven < _options.Probes)
            {
                _probing++;
                return true;
            }
            return _phase.State == BreakerState.Closed;
        }
    }

    private void OpenLocked(string reason, long now)
    {
        var phase = _phase;
        var provenForLong = phase.State == BreakerState.Closed && now - phase.Since >= _time.ToTimestamp(_options.Window);
        var openings = provenForLong ? 1 : phase.Openings + 1;
        _opened++;
        ChangeLocked(BreakerState.Open, reason, now, openings);
    }

    private void ChangeLocked(BreakerState state, string reason, long now, int openings)
    {
        _probing = 0;
        _proven = 0;
        if (state == BreakerState.Closed)
        {
            _results.Clear();
        }
        var openFor = Math.Min(_options.OpenForMax.TotalSeconds, _options.OpenFor.TotalSeconds * Math.Pow(2, openings - 1));
        var until = state == BreakerState.Open ? now + _time.ToTimestamp(TimeSpan.FromSeconds(openFor)) : 0;
        _phase = new BreakerPhase(state, reason, now, until, openings, _phase.Era + 1);
    }
}
