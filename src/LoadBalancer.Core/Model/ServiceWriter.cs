using System.Collections.Immutable;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health;

namespace LoadBalancer.Core.Model;

/// <summary>
/// The one writer of a service: folds the sources' observations, the verdicts on connect failures and the policy into
/// the next snapshot and publishes it with one swap. Everything here runs under <see cref="_lock"/>; requests never take it
/// unless a connection failed.
/// </summary>
internal sealed class ServiceWriter(Service service, CatalogContext context)
{
    private readonly Lock _lock = new();
    private readonly List<SourceInput> _inputs = [];
    private readonly Dictionary<Endpoint, DateTimeOffset> _ejectedUntil = [];
    private ITimer? _timer;
    private (string Chosen, string Ignored) _reportedConflict;
    private bool _forgotten;
    private DateTimeOffset _emptySince = context.Time.GetUtcNow();

    /// <summary>The snapshot before anything is known.</summary>
    public ServiceSnapshot Empty() => new()
    {
        Version = 0,
        Source = "",
        Endpoints = [],
        Policy = context.Options.PolicyFor(service.Name),
        SourceError = null,
        IsStale = false,
        Datacenter = "",
    };

    /// <summary>
    /// Takes a good observation. Endpoints that it lacks are dropped, or held when <paramref name="judge"/> gives a reason.
    /// Returns how many endpoints the source gained (below zero: lost), or null when the service has been forgotten.
    /// </summary>
    public int? Observe(string source, ImmutableArray<ObservedEndpoint> endpoints, LossJudge judge)
    {
        lock (_lock)
        {
            if (_forgotten)
            {
                return null;
            }
            var input = InputOf(source);
            var gained = endpoints.Length - input.Current.Length;
            var lost = input.LostIn(endpoints);
            var now = context.Time.GetUtcNow();
            var recovered = input.Error is not null;
            var changed = input.Take(endpoints, now);
            if (lost.Length > 0 && judge(lost, gained) is { } reason)
            {
                input.Hold(lost, reason, now + context.Options.HoldFor);
            }
            if (recovered)
            {
                context.Observer.SourceChanged(source, service.Name, null);
            }
            if (changed)
            {
                Rebuild();
            }
            else if (service.Snapshot.Source == source)
            {
                service.ConfirmedAt = now;
            }
            return gained;
        }
    }

    /// <summary>The source could not be asked: what it last said stays.</summary>
    public void Fail(string source, string error)
    {
        lock (_lock)
        {
            if (InputOf(source).Fail(error))
            {
                context.Observer.SourceChanged(source, service.Name, error);
                Rebuild();
            }
        }
    }

    /// <summary>Takes endpoints from the state file unless the source has spoken already; returns how many were taken.</summary>
    public int Restore(string source, ImmutableArray<ObservedEndpoint> saved)
    {
        lock (_lock)
        {
            var input = InputOf(source);
            if (input.HasState)
            {
                return 0;
            }
            input.Restore(saved);
            Rebuild();
            return saved.Length;
        }
    }

    /// <summary>The source starts anew: what it said before is in force until it says something else or completes.</summary>
    public void Unconfirm(string source)
    {
        lock (_lock)
        {
            if (_inputs.Find(input => input.Source == source)?.Unconfirm() == true)
            {
                Rebuild();
            }
        }
    }

    /// <summary>True when the source has not confirmed what is known of it since its start.</summary>
    public bool IsUnconfirmed(string source)
    {
        lock (_lock)
        {
            return _inputs.Exists(input => input.Source == source && input.IsStale);
        }
    }

    /// <summary>The source is no longer configured; returns how many endpoints it had.</summary>
    public int Remove(string source)
    {
        lock (_lock)
        {
            var input = _inputs.Find(input => input.Source == source);
            if (input is null)
            {
                return 0;
            }
            _inputs.Remove(input);
            Rebuild();
            return input.Current.Length;
        }
    }

    /// <summary>Brings back endpoints that were dropped a moment ago and turned out to be part of a mass disappearance.</summary>
    public void HoldBack(string source, ImmutableArray<ObservedEndpoint> lost, string reason)
    {
        lock (_lock)
        {
            InputOf(source).Hold(lost, reason, context.Time.GetUtcNow() + context.Options.HoldFor);
            Rebuild();
        }
    }

    /// <summary>The held endpoints with their sources, to be probed.</summary>
    public IReadOnlyList<(string Source, ObservedEndpoint Endpoint)> Held()
    {
        lock (_lock)
        {
            return !_inputs.Exists(static input => input.HasHeld) ? [] : [.. _inputs.SelectMany(static input => input.Held.Select(endpoint => (input.Source, endpoint)))];
        }
    }

    /// <summary>A held endpoint no longer answers.</summary>
    public void DropHeld(string source, EndpointId id)
    {
        lock (_lock)
        {
            if (InputOf(source).DropHeld(id))
            {
                Rebuild();
            }
        }
    }

    /// <summary>
    /// Drops what was held long enough; true when the service has been empty for so long that it is forgotten: from then
    /// on the writer takes nothing, so that no observation is lost in an object that the catalog no longer has.
    /// </summary>
    public bool Expire()
    {
        lock (_lock)
        {
            var now = context.Time.GetUtcNow();
            var dropped = false;
            foreach (var input in _inputs)
            {
                dropped |= input.HasHeld && input.DropExpired(now);
            }
            if (dropped)
            {
                Rebuild();
            }
            _forgotten = _inputs.TrueForAll(static input => input.IsEmpty && input.Error is null) && now - _emptySince >= context.Options.ForgetAfter;
            return _forgotten;
        }
    }

    /// <summary>The configuration changed.</summary>
    public void Reconfigure()
    {
        lock (_lock)
        {
            Rebuild();
        }
    }

    /// <summary>The last good endpoints per source, for the state file.</summary>
    public IReadOnlyList<(string Source, ImmutableArray<ObservedEndpoint> Endpoints)> Capture()
    {
        lock (_lock)
        {
            return [.. _inputs.Where(static input => input.HasState).Select(static input => (input.Source, input.Endpoints.Select(static pair => pair.Endpoint).ToImmutableArray()))];
        }
    }

    /// <summary>A connection to the endpoint failed: it is out for a growing time.</summary>
    public void ConnectFailed(Endpoint endpoint)
    {
        lock (_lock)
        {
            // Requests that were already under way fail together: that is one failure, not many.
            if (_ejectedUntil.ContainsKey(endpoint) || !service.Snapshot.Endpoints.Any(state => state.Endpoint == endpoint))
            {
                return;
            }
            endpoint.ConnectFailures++;
            _ejectedUntil[endpoint] = context.Time.GetUtcNow() + Ejection.TimeAfter(endpoint.ConnectFailures);
            Rebuild();
        }
    }

    /// <summary>A connection was made after failures.</summary>
    public void Connected(Endpoint endpoint)
    {
        lock (_lock)
        {
            endpoint.ConnectFailures = 0;
            if (_ejectedUntil.Remove(endpoint))
            {
                Rebuild();
            }
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            var now = context.Time.GetUtcNow();
            var over = _ejectedUntil.Where(pair => pair.Value <= now).Select(static pair => pair.Key).ToList();
            over.ForEach(endpoint => _ejectedUntil.Remove(endpoint));
            if (over.Count > 0)
            {
                Rebuild();
            }
            else
            {
                ArmTimer();
            }
        }
    }

    private SourceInput InputOf(string source)
    {
        var input = _inputs.Find(input => input.Source == source);
        if (input is null)
        {
            _inputs.Add(input = new SourceInput(source));
        }
        return input;
    }

    private SourceInput? Choose(ServicePolicy policy)
    {
        if (policy.Source is not null)
        {
            return _inputs.Find(input => input.Source == policy.Source);
        }
        var order = context.Options.SourceOrder;
        var ordered = _inputs.Where(static input => input.HasState).OrderBy(input => order.IndexOf(input.Source) is var rank and >= 0 ? rank : int.MaxValue).ToList();
        var chosen = ordered.Find(static input => !input.IsEmpty) ?? ordered.FirstOrDefault();
        var ignored = ordered.Find(input => input != chosen && !input.IsEmpty);
        if (chosen is not null && ignored is not null && _reportedConflict != (chosen.Source, ignored.Source))
        {
            _reportedConflict = (chosen.Source, ignored.Source);
            context.Observer.SourcesConflict(service.Name, chosen.Source, ignored.Source);
        }
        return chosen ?? _inputs.FirstOrDefault();
    }

    private void Rebuild()
    {
        var before = service.Snapshot;
        var policy = context.Options.PolicyFor(service.Name);
        var input = Choose(policy);
        var identities = before.Endpoints.ToDictionary(static state => (state.Endpoint.Id, state.Endpoint.Host, state.Endpoint.Port), static state => state);
        var states = ImmutableArray.CreateBuilder<EndpointState>();
        foreach (var (observed, held) in input?.Endpoints ?? [])
        {
            var known = identities.GetValueOrDefault((observed.Id, observed.Host, observed.Port));
            states.Add(StateOf(known?.Endpoint ?? new Endpoint(service, observed.Id, observed.Host, observed.Port), observed, held));
        }
        // By identity, so that a source that lists in another order changes nothing.
        states.Sort(static (a, b) => Compare(a.Observed, b.Observed));
        var endpoints = states.DrainToImmutable();
        service.Publish(new ServiceSnapshot
        {
            Version = before.Version + 1,
            Source = input?.Source ?? "",
            Endpoints = endpoints,
            Policy = policy,
            SourceError = input?.Error,
            IsStale = input?.IsStale ?? false,
            Datacenter = endpoints.IsEmpty ? before.Datacenter : endpoints[0].Observed.Datacenter,
            Picker = PickerFactory.Create(policy.Balance, endpoints, context.Random),
            Tagged = PickerFactory.CreateTagged(policy.Balance, endpoints, context.Random),
        });
        service.ConfirmedAt = input?.ConfirmedAt ?? default;
        Announce(before.Endpoints, endpoints);
        ForgetGone(endpoints);
        ArmTimer();
    }

    private EndpointState StateOf(Endpoint endpoint, ObservedEndpoint observed, string? held)
    {
        var why = observed.State switch
        {
            SourceState.Critical => Unavailability.Critical,
            SourceState.Drain => Unavailability.Drain,
            _ => Unavailability.None,
        };
        if (EndpointState.WeightOf(observed) <= 0)
        {
            why |= Unavailability.NoWeight;
        }
        if (_ejectedUntil.ContainsKey(endpoint))
        {
            why |= Unavailability.Ejected;
        }
        string?[] reasons =
        [
            observed.Reason ?? (observed.State == SourceState.Passing ? null : observed.State.ToString().ToLowerInvariant()),
            why.HasFlag(Unavailability.NoWeight) ? "weight 0" : null,
            why.HasFlag(Unavailability.Ejected) ? $"connect failed {endpoint.ConnectFailures} times in a row" : null,
            held is null ? null : $"held: {held}",
        ];
        var reason = string.Join("; ", reasons.Where(static text => text is not null));
        return new EndpointState(endpoint, observed, why, reason.Length == 0 ? null : reason, held);
    }

    private void Announce(ImmutableArray<EndpointState> before, ImmutableArray<EndpointState> after)
    {
        var old = before.ToDictionary(static state => state.Endpoint);
        foreach (var state in after)
        {
            if (!old.Remove(state.Endpoint, out var former))
            {
                context.Observer.EndpointChanged(new EndpointChange(service.Name, state.Endpoint, null, state));
            }
            else if (former.Unavailability != state.Unavailability || former.Held != state.Held || !former.Observed.Equals(state.Observed))
            {
                context.Observer.EndpointChanged(new EndpointChange(service.Name, state.Endpoint, former, state));
            }
        }
        foreach (var gone in old.Values)
        {
            context.Observer.EndpointChanged(new EndpointChange(service.Name, gone.Endpoint, gone, null));
        }
        if (after.IsEmpty && !before.IsEmpty)
        {
            _emptySince = context.Time.GetUtcNow();
        }
    }

    private void ForgetGone(ImmutableArray<EndpointState> endpoints)
    {
        if (_ejectedUntil.Count > 0)
        {
            var kept = endpoints.Select(static state => state.Endpoint).ToHashSet();
            _ejectedUntil.Keys.Where(endpoint => !kept.Contains(endpoint)).ToList().ForEach(endpoint => _ejectedUntil.Remove(endpoint));
        }
    }

    private void ArmTimer()
    {
        if (_ejectedUntil.Count == 0)
        {
            return;
        }
        var due = _ejectedUntil.Values.Min() - context.Time.GetUtcNow();
        _timer ??= context.Time.CreateTimer(static writer => ((ServiceWriter)writer!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due < TimeSpan.Zero ? TimeSpan.Zero : due, Timeout.InfiniteTimeSpan);
    }

    private static int Compare(ObservedEndpoint a, ObservedEndpoint b)
    {
        var order = string.CompareOrdinal(a.Id.Node, b.Id.Node);
        if (order == 0)
        {
            order = string.CompareOrdinal(a.Id.ServiceId, b.Id.ServiceId);
        }
        return order;
    }
}
