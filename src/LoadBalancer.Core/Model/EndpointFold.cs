using System.Collections.Immutable;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Active;
using LoadBalancer.Core.Health.Orders;

namespace LoadBalancer.Core.Model;

/// <summary>
/// Folds what the source in force says, the verdicts and the operator's orders into the next endpoint states, keeping the
/// identities: a walk over two lists in <see cref="EndpointOrder"/>.
/// </summary>
internal readonly ref struct EndpointFold(
    Service service,
    int maxInFlight,
    ImmutableArray<EndpointState> before,
    ImmutableDictionary<EndpointId, OperatorOrder> orders,
    PassiveHealth health,
    ActiveHealth checks,
    List<EndpointChange> changes)
{
    public ImmutableArray<EndpointState> Next(SourceInput? input)
    {
        var states = ImmutableArray.CreateBuilder<EndpointState>(before.Length);
        var i = 0;
        foreach (var (observed, held) in input?.Endpoints ?? [])
        {
            while (i < before.Length && EndpointOrder.Compare(before[i].Endpoint.Id, observed.Id) < 0)
            {
                Leave(before[i++]);
            }
            var former = i < before.Length && before[i].Endpoint.Id == observed.Id ? before[i++] : null;
            if (former is not null && (former.Endpoint.Port != observed.Port || former.Endpoint.Host != observed.Host))
            {
                // At another address it is another endpoint: no verdict and no counter carries over.
                Leave(former);
                former = null;
            }
            states.Add(StateOf(former, observed, held));
        }
        while (i < before.Length)
        {
            Leave(before[i++]);
        }
        return states.DrainToImmutable();
    }

    private void Leave(EndpointState state)
    {
        health.Forget(state.Endpoint);
        checks.Forget(state.Endpoint);
        changes.Add(new EndpointChange(service.Name, state.Endpoint, state, null));
    }

    private EndpointState StateOf(EndpointState? former, ObservedEndpoint observed, string? held)
    {
        var endpoint = former?.Endpoint ?? new Endpoint(service, observed.Id, observed.Host, observed.Port);
        var why = observed.State switch
        {
            SourceState.Critical => Unavailability.Critical,
            SourceState.Drain => Unavailability.Drain,
            _ => Unavailability.None,
        };
        var order = orders.GetValueOrDefault(observed.Id);
        why |= order?.Unavailability ?? Unavailability.None;
        if ((order?.Weight ?? EndpointState.WeightOf(observed)) <= 0)
        {
            why |= Unavailability.NoWeight;
        }
        var failure = checks.FailureOf(endpoint, isNew: former is null);
        if (failure is not null)
        {
            why |= Unavailability.Unhealthy;
        }
        var verdict = health.Judge(endpoint, former, why);
        if (verdict.Ejected is not null)
        {
            why |= Unavailability.Ejected;
        }
        var reason = ReasonOf(observed, order, why, verdict.Ejected, failure, held);
        var isNews = former is null || former.Unavailability != why || former.Held != held || former.Order != order || former.Reason != reason || !former.Observed.Equals(observed);
        if (!isNews && former!.Sixteenths == verdict.Sixteenths && former.MaxInFlight == maxInFlight)
        {
            return former;
        }
        var state = new EndpointState(endpoint, observed, why, reason, held, verdict.Sixteenths) { MaxInFlight = maxInFlight, Order = order };
        if (isNews)
        {
            // A step of a slow start is none, and no more is a change of the configuration.
            changes.Add(new EndpointChange(service.Name, endpoint, former, state));
        }
        return state;
    }

    private static string? ReasonOf(ObservedEndpoint observed, OperatorOrder? order, Unavailability why, string? ejected, string? failure, string? held)
    {
        if (why == Unavailability.None && held is null && order is null && observed.State == SourceState.Passing)
        {
            return observed.Reason;
        }
        string?[] reasons =
        [
            observed.Reason ?? (observed.State == SourceState.Passing ? null : observed.State.ToString().ToLowerInvariant()),
            order?.ToString(),
            why.HasFlag(Unavailability.NoWeight) && order?.Weight is null ? "weight 0" : null,
            ejected,
            failure is null ? null : $"check: {failure}",
            held is null ? null : $"held: {held}",
        ];
        return string.Join("; ", reasons.Where(static text => text is not null));
    }
}
