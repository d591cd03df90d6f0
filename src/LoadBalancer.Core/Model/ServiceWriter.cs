using System.Collections.Immutable;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Active;
using LoadBalancer.Core.Health.Orders;
using LoadBalancer.Core.Model.Meta;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Stickiness;

namespace LoadBalancer.Core.Model;

/// <summary>
/// The one writer of a service: folds the sources' observations, the verdicts, the operator's orders and the policy into the
/// next snapshot and publishes it with one swap. Everything here runs under <see cref="_lock"/>; requests never take it unless
/// a connection failed or errors came in a row.
/// </summary>
/// <remarks>Locks are taken in one order: a writer's, then a feed's. Never two writers' at once.</remarks>
internal sealed class ServiceWriter(Service service, CatalogContext context)
{
    private readonly Lock _lock = new();
    private readonly List<SourceInput> _inputs = [];
    private readonly PassiveHealth _health = new();
    private readonly ActiveHealth _checks = new(ActiveChecks.Create, context.CheckGate, context.Time, context.Random, static (monitor, failure) => monitor.Endpoint.Service.Writer.Checked(monitor, failure));
    private readonly PolicyDecision _decision = new(service.Name);
    private DecidedPolicy? _told;
    private ImmutableDictionary<EndpointId, OperatorOrder> _orders = ImmutableDictionary<EndpointId, OperatorOrder>.Empty;
    private ITimer? _timer;
    private (string Chosen, string Ignored) _reportedConflict;
    private TimeSpan _idleSince = context.Uptime;
    private bool _forgotten;

    /// <summary>The snapshot before anything is known.</summary>
    public ServiceSnapshot Empty()
    {
        var policy = context.Options.PolicyFor(service.Name);
        return new ServiceSnapshot
        {
            Version = 0,
            Source = "",
            Endpoints = [],
            Policy = policy,
            SourceError = null,
            IsStale = false,
            Datacenter = "",
            FallsBack = policy.Fallback is not null,
        };
    }

    /// <summary>
    /// Takes a good observation, in <see cref="EndpointOrder"/>. Endpoints that it lacks are dropped, or held when
    /// <paramref name="judge"/> gives a reason. False when the service has been forgotten.
    /// </summary>
    public bool Observe(string source, ImmutableArray<ObservedEndpoint> endpoints, LossJudge judge)
    {
        lock (_lock)
        {
            if (!_forgotten)
            {
                Take(InputOf(source), endpoints, judge);
            }
            return !_forgotten;
        }
    }

    /// <summary>Observes the service as gone, unless the source has spoken of it since its start; true when it did.</summary>
    public bool ObserveGone(string source, LossJudge judge)
    {
        lock (_lock)
        {
            if (!_forgotten && Find(source) is { IsUnnamed: true } input)
            {
                Take(input, [], judge);
                return true;
            }
            return false;
        }
    }

    /// <summary>The source could not be asked: what it last said stays. False when the service has been forgotten.</summary>
    public bool Fail(string source, string error)
    {
        lock (_lock)
        {
            if (_forgotten)
            {
                return false;
            }
            var input = InputOf(source);
            var failedBefore = input.Error is not null;
            if (input.Fail(error))
            {
                Rebuild();
            }
            if (!failedBefore)
            {
                context.Observer.SourceChanged(source, service.Name, error);
            }
            return true;
        }
    }

    /// <summary>
    /// Takes endpoints from the state file unless the source has spoken already; returns how many were taken, or null when
    /// the service has been forgotten.
    /// </summary>
    public int? Restore(string source, ImmutableArray<ObservedEndpoint> saved)
    {
        lock (_lock)
        {
            if (_forgotten)
            {
                return null;
            }
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
            if (Find(source)?.Unconfirm() == true)
            {
                Rebuild();
            }
        }
    }

    /// <summary>How many endpoints the source named before its start and has not spoken of since; null when it has spoken.</summary>
    public int? Unnamed(string source)
    {
        lock (_lock)
        {
            return Find(source) is { IsUnnamed: true } input ? input.Current.Length : null;
        }
    }

    /// <summary>The source is no longer configured.</summary>
    public void Remove(string source)
    {
        lock (_lock)
        {
            if (Find(source) is { } input)
            {
                _inputs.Remove(input);
                Rebuild();
            }
        }
    }

    /// <summary>Brings back endpoints that were dropped a moment ago and turned out to be part of a mass disappearance.</summary>
    public void HoldBack(string source, ImmutableArray<ObservedEndpoint> lost, string reason)
    {
        lock (_lock)
        {
            if (!_forgotten && Find(source)?.Hold(lost, reason, context.Uptime + context.Options.HoldFor) == true)
            {
                Rebuild();
            }
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
            if (Find(source)?.DropHeld(id) == true)
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
            var now = context.Uptime;
            var dropped = false;
            // Orders outlive the endpoints that they are for, and so does the service.
            var idle = _orders.IsEmpty;
            foreach (var input in _inputs)
            {
                dropped |= input.HasHeld && input.DropExpired(now);
                idle &= input.IsEmpty && input.Error is null;
            }
            if (dropped)
            {
                Rebuild();
            }
            if (!idle)
            {
                _idleSince = now;
            }
            else if (!_forgotten && !context.Options.Kept.Contains(service.Name) && now - _idleSince >= context.Options.ForgetAfter)
            {
                _forgotten = true;
                // Said here, while the catalog still has this one, so that it comes before anything that a new service of
                // the same name has to say.
                context.Observer.ServiceForgotten(service.Name);
            }
            return _forgotten;
        }
    }

    /// <summary>The configuration changed. False when the service has been forgotten.</summary>
    public bool Reconfigure()
    {
        lock (_lock)
        {
            Rebuild();
            return !_forgotten;
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

    /// <summary>
    /// Takes the operator's order for endpoints, whether they are there or not, in the place of what was ordered before. What
    /// is ordered already stays as it is, since then. False when the service has been forgotten.
    /// </summary>
    public bool Order(IEnumerable<EndpointId> endpoints, OperatorOrder order)
    {
        lock (_lock)
        {
            if (_forgotten)
            {
                return false;
            }
            var changed = endpoints.Where(id => !order.AsksForTheSameAs(_orders.GetValueOrDefault(id))).ToList();
            var orders = order.IsNone ? _orders.RemoveRange(changed) : _orders.SetItems(changed.Select(id => KeyValuePair.Create(id, order)));
            if (orders != _orders)
            {
                _orders = orders;
                Rebuild();
            }
            return true;
        }
    }

    /// <summary>A connection to the endpoint failed: it is out for a growing time.</summary>
    public void ConnectFailed(Endpoint endpoint)
    {
        lock (_lock)
        {
            if (_health.ConnectFailed(endpoint, context.Uptime))
            {
                Rebuild();
            }
        }
    }

    /// <summary>So many requests to the endpoint failed in a row that it is to be ejected, if the share of ejected ones allows it.</summary>
    public void ErrorsInARow(Endpoint endpoint)
    {
        lock (_lock)
        {
            if (_health.ErrorsInARow(endpoint, context.Uptime))
            {
                Rebuild();
            }
        }
    }

    /// <summary>
    /// An exchange that began when <paramref name="seen"/> ejections had been counted went well. One that began before the
    /// latest says nothing: its connection was made before.
    /// </summary>
    public void Connected(Endpoint endpoint, int seen)
    {
        lock (_lock)
        {
            if (endpoint.Ejections == seen && _health.Connected(endpoint))
            {
                Rebuild();
            }
        }
    }

    /// <summary>The checks of an endpoint have another verdict: why it is out, or null.</summary>
    public void Checked(EndpointMonitor monitor, string? failure)
    {
        lock (_lock)
        {
            if (_checks.Take(monitor, failure))
            {
                Rebuild();
            }
        }
    }

    /// <summary>The catalog is no longer used: no more checks.</summary>
    public void StopChecks()
    {
        lock (_lock)
        {
            _checks.Stop();
        }
    }

    private void Take(SourceInput input, ImmutableArray<ObservedEndpoint> endpoints, LossJudge judge)
    {
        var gained = endpoints.Length - input.Current.Length;
        var lost = input.LostIn(endpoints);
        var recovered = input.Error is not null;
        var changed = input.Take(endpoints, context.Time.GetUtcNow());
        if (judge(lost, gained) is { } reason)
        {
            input.Hold(lost, reason, context.Uptime + context.Options.HoldFor);
        }
        _idleSince = context.Uptime;
        if (changed)
        {
            Rebuild();
        }
        else if (service.Snapshot.Source == input.Source)
        {
            service.ConfirmedAt = input.ConfirmedAt;
        }
        if (recovered)
        {
            context.Observer.SourceChanged(input.Source, service.Name, null);
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_health.Advance(context.Uptime))
            {
                Rebuild();
            }
            else
            {
                ArmTimer();
            }
        }
    }

    private SourceInput? Find(string source) => _inputs.Find(input => input.Source == source);

    private SourceInput InputOf(string source)
    {
        var input = Find(source);
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
            return Find(policy.Source);
        }
        if (_inputs.Count <= 1)
        {
            return _inputs.FirstOrDefault();
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
        return chosen ?? _inputs[0];
    }

    private void Rebuild()
    {
        var before = service.Snapshot;
        var input = Choose(context.Options.PolicyFor(service.Name));
        var decided = _decision.Next(context.Options, input);
        var policy = decided.Policy;
        service.Protect(ServiceGuard.Next(service.Guard, policy.Guard, context.Time));
        service.LimitEndpoints(policy, context.Time);
        service.Remember(RetryState.Next(service.RetryState, policy.Retry, context.Time));
        var changes = new List<EndpointChange>();
        _checks.Use(policy);
        _health.Begin(policy, before.Endpoints, context.Uptime);
        var endpoints = new EndpointFold(service, policy.MaxInFlight, before.Endpoints, _orders, _health, _checks, changes).Next(input);
        _health.End(endpoints);
        var isInPanic = Panic.IsOn(policy, endpoints);
        foreach (var state in endpoints)
        {
            state.Endpoint.MeasureLatency(policy.Balance == BalanceAlgorithm.PeakEwma ? context.Time : null);
        }
        var availability = new Availability(endpoints, isInPanic && Panic.Refuses(policy));
        service.Publish(new ServiceSnapshot
        {
            Version = before.Version + 1,
            Source = input?.Source ?? "",
            Endpoints = endpoints,
            Policy = policy,
            PolicyFrom = decided.From,
            PolicyProblems = decided.Problems,
            SourceError = input?.Error,
            IsStale = input?.IsStale ?? false,
            Datacenter = endpoints.IsEmpty ? before.Datacenter : endpoints[0].Observed.Datacenter,
            IsInPanic = isInPanic,
            Orders = _orders,
            Picker = PickerFactory.Create(policy, endpoints, context.Random),
            Tagged = PickerFactory.CreateTagged(policy, endpoints, context.Random),
            Availability = availability,
            FallsBack = policy.Fallback is { } fallback && availability.IsBelow(fallback.Below),
            Sticky = StickyTable.Create(policy.Sticky, service.Name, endpoints),
        });
        service.ConfirmedAt = input?.ConfirmedAt ?? default;
        ArmTimer();
        // Last, so that whatever an observer does leaves nothing half done.
        changes.ForEach(context.Observer.EndpointChanged);
        if (isInPanic != before.IsInPanic)
        {
            context.Observer.PanicChanged(service.Name, isInPanic);
        }
        TellOf(decided);
        AnnounceFallback(before, service.Snapshot);
    }

    private void TellOf(DecidedPolicy decided)
    {
        var before = _told ?? new DecidedPolicy(decided.Policy, null, []);
        _told = decided;
        if (!decided.SaysTheSameAs(before))
        {
            context.Observer.PolicyChanged(service.Name, before, decided);
        }
    }

    /// <summary>Before the source has spoken a service falls back without a word: it has lost nobody.</summary>
    private void AnnounceFallback(ServiceSnapshot before, ServiceSnapshot after)
    {
        var isNew = after is { FallsBack: true, Source.Length: > 0 };
        if (isNew != before is { FallsBack: true, Source.Length: > 0 })
        {
            context.Observer.FallbackChanged(service.Name, after);
        }
    }

    private void ArmTimer()
    {
        var now = context.Uptime;
        if (_health.NextAfter(now) is { } next)
        {
            // Rounded up to what a timer can count, so that it does not fire just before the time.
            var due = TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling((next - now).TotalMilliseconds)));
            _timer ??= context.Time.CreateTimer(static writer => ((ServiceWriter)writer!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }
}
