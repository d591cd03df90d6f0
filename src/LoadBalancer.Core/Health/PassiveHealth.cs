using System.Collections.Immutable;
using System.Globalization;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Health;

/// <summary>
/// The verdicts on the endpoints of one service that come from its traffic: who takes no connection, who is an outlier, who
/// flaps, and who is warming up after that. Not thread safe; the service's writer locks.
/// </summary>
internal sealed class PassiveHealth
{
    private readonly Ejections _unreachable = new();
    private readonly OutlierEjections _outliers = new();
    private readonly Flapping _flapping = new();
    private readonly SlowStart _slowStart = new();
    private OutlierOptions _options = new();
    private ImmutableArray<EndpointState> _states = [];
    private TimeSpan? _intervalEnds;

    /// <summary>When the snapshot is made.</summary>
    private TimeSpan _now;

    /// <summary>A snapshot is about to be made from the former states.</summary>
    public void Begin(ServicePolicy policy, ImmutableArray<EndpointState> before, TimeSpan now)
    {
        (_options, _states, _now) = (policy.Outliers, before, now);
        _slowStart.Use(policy.SlowStart);
        if (_options.Flapping is null)
        {
            _flapping.Clear();
            if (!_options.CountsAnswers)
            {
                _outliers.Clear();
            }
        }
    }

    /// <summary>The verdict on an endpoint of the snapshot that is being made.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="former">Its state in the former snapshot; null when it is new.</param>
    /// <param name="others">What keeps it from traffic apart from this verdict.</param>
    public PassiveVerdict Judge(Endpoint endpoint, EndpointState? former, Unavailability others)
    {
        if (_options.Flapping is { } flapping && others == Unavailability.None && former is not null && HasFailed(former)
            && _flapping.Returned(endpoint, flapping, _now) && MayEject(endpoint))
        {
            Eject(endpoint, string.Create(CultureInfo.InvariantCulture, $"flapping: back {flapping.Returns + 1} times within {flapping.Within.TotalSeconds:0.#} s"), _now);
        }
        if (ReasonOf(endpoint) is { } reason)
        {
            _slowStart.End(endpoint);
            return new PassiveVerdict(reason, SlowStart.Full);
        }
        if (others != Unavailability.None)
        {
            _slowStart.End(endpoint);
        }
        else if (former is null ? !_states.IsEmpty : !former.IsAvailable)
        {
            // What it did before it was out is settled.
            endpoint.Errors?.Restart();
            _slowStart.Begin(endpoint, _now);
        }
        return new PassiveVerdict(null, _slowStart.SixteenthsOf(endpoint, _now));
    }

    /// <summary>The endpoint is no longer in the snapshot that is being made.</summary>
    public void Forget(Endpoint endpoint)
    {
        _unreachable.Remove(endpoint);
        _outliers.Forget(endpoint);
        _flapping.Forget(endpoint);
        _slowStart.End(endpoint);
    }

    /// <summary>The snapshot has these states.</summary>
    public void End(ImmutableArray<EndpointState> states)
    {
        _states = states;
        foreach (var state in states)
        {
            state.Endpoint.CountErrors(_options.CountsAnswers ? _options : null);
        }
        if (_options.SuccessRate is not { } rate || states.IsEmpty)
        {
            _intervalEnds = null;
        }
        else if (_intervalEnds is not { } ends || ends > _now + rate.Interval)
        {
            _intervalEnds = _now + rate.Interval;
        }
    }

    /// <summary>A connection to the endpoint failed; true when that takes it out.</summary>
    public bool ConnectFailed(Endpoint endpoint, TimeSpan now)
    {
        // Requests that were already under way fail together: that is one failure, not many.
        if (_unreachable.Contains(endpoint) || !Knows(endpoint))
        {
            return false;
        }
        endpoint.CountConnectFailure();
        _unreachable.Add(endpoint, now + Ejection.TimeAfter(endpoint.ConnectFailures));
        return true;
    }

    /// <summary>A connection was made and used; true when that brings it back.</summary>
    public bool Connected(Endpoint endpoint)
    {
        endpoint.ForgiveConnectFailures();
        return _unreachable.Remove(endpoint);
    }

    /// <summary>The endpoint's errors in a row have reached the limit; true when that takes it out.</summary>
    public bool ErrorsInARow(Endpoint endpoint, TimeSpan now)
    {
        // Whether it may be ejected or not: the next one is due after as many errors again.
        endpoint.Errors?.Restart();
        if (!Knows(endpoint) || !MayEject(endpoint))
        {
            return false;
        }
        Eject(endpoint, $"{_options.ConsecutiveErrors} errors in a row", now);
        return true;
    }

    /// <summary>What is due at a time is done; true when the snapshot must be made anew.</summary>
    public bool Advance(TimeSpan now)
    {
        var changed = _unreachable.RemoveExpired(now);
        changed |= _outliers.EndExpired(now);
        if (_intervalEnds <= now && _options.SuccessRate is { } rate)
        {
            _intervalEnds = now + rate.Interval;
            changed |= Compare(rate, now);
        }
        return changed || _slowStart.IsRunning;
    }

    /// <summary>When something is due next, or null.</summary>
    public TimeSpan? NextAfter(TimeSpan now)
    {
        var next = Earlier(_unreachable.Next, _outliers.Next);
        return Earlier(Earlier(next, _intervalEnds), _slowStart.NextAfter(now));

        static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;
    }

    private static bool HasFailed(EndpointState state) =>
        (state.Unavailability & ~Unavailability.Ejected) != Unavailability.None && Panic.IsWanted(state);

    private bool Compare(SuccessRateOptions options, TimeSpan now)
    {
        var rates = new List<(Endpoint, double)>(_states.Length);
        foreach (var state in _states)
        {
            // Also those that are out, so that nothing old is in their next interval.
            var count = state.Endpoint.Errors?.TakeInterval() ?? default;
            if (state.IsAvailable && count.Events >= options.MinimumRequests)
            {
                rates.Add((state.Endpoint, 1 - ((double)count.Marked / count.Events)));
            }
        }
        var changed = false;
        foreach (var (endpoint, reason) in SuccessRate.Outliers(rates, options))
        {
            if (MayEject(endpoint))
            {
                Eject(endpoint, reason, now);
                changed = true;
            }
        }
        return changed;
    }

    private void Eject(Endpoint endpoint, string reason, TimeSpan now)
    {
        endpoint.CountEjection();
        _outliers.Add(endpoint, reason, _options, now);
    }

    /// <summary>
    /// False for one that is an outlier already, and when the share of ejected endpoints would with this one be above the limit,
    /// unless it would be the only one.
    /// </summary>
    private bool MayEject(Endpoint endpoint)
    {
        if (_outliers.ReasonOf(endpoint) is not null)
        {
            return false;
        }
        var (all, ejected) = (0L, 0L);
        foreach (var state in _states)
        {
            // By this moment's verdicts: the states may be those before a snapshot that is being made.
            var isEjected = state.Endpoint != endpoint && IsEjected(state.Endpoint);
            ejected += isEjected ? 1 : 0;
            all += isEjected || (state.Unavailability & ~Unavailability.Ejected) == Unavailability.None ? 1 : 0;
        }
        return ejected == 0 || (ejected + 1) * 100 <= all * _options.MaxEjected;
    }

    private bool IsEjected(Endpoint endpoint) => _unreachable.Contains(endpoint) || _outliers.ReasonOf(endpoint) is not null;

    private string? ReasonOf(Endpoint endpoint)
    {
        var outlier = _outliers.ReasonOf(endpoint);
        return !_unreachable.Contains(endpoint) ? outlier
            : $"connect failed {endpoint.ConnectFailures} times in a row{(outlier is null ? "" : "; " + outlier)}";
    }

    private bool Knows(Endpoint endpoint)
    {
        foreach (var state in _states)
        {
            if (state.Endpoint == endpoint)
            {
                return true;
            }
        }
        return false;
    }
}
