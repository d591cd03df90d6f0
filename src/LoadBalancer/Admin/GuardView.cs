using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Admin;

/// <summary>What guards a service, as /api/services shows it; null is what is off.</summary>
internal sealed record GuardView
{
    /// <summary>Requests at once: <c>limits</c>.</summary>
    public required PlacesView? Limits { get; init; }

    /// <summary>Requests that wait for one of these places.</summary>
    public required int? Waiting { get; init; }

    /// <summary>Requests at once by latency: <c>adaptiveLimit</c>.</summary>
    public required PlacesView? AdaptiveLimit { get; init; }

    public required BreakerView? Breaker { get; init; }

    /// <summary>Requests refused by <c>rateLimit</c>, since it has had these options.</summary>
    public required long? RateLimited { get; init; }

    /// <summary>Retries refused by <c>retry.budget</c>, since it has had these options.</summary>
    public required long? RetriesRefused { get; init; }

    /// <summary>Null when nothing guards the service, or only the budget of retries does and has refused none.</summary>
    public static GuardView? Of(ServiceGuard? guard, RetryBudget? retries) => guard is null && (retries is null || retries.Refused == 0) ? null : new GuardView
    {
        Limits = guard?.Queue is { } queue ? new PlacesView(queue.InUse, queue.MaxRequests) : null,
        Waiting = guard?.Queue?.Waiting,
        AdaptiveLimit = guard?.AdaptiveLimit is { } adaptive ? new PlacesView(adaptive.InUse, adaptive.Limit) : null,
        Breaker = guard?.Breaker is { Phase: var phase } breaker ? new BreakerView(ServiceView.CamelCase(phase.State.ToString()), phase.Reason, breaker.Opened) : null,
        RateLimited = guard?.RateLimit?.Refused,
        RetriesRefused = retries?.Refused,
    };

    /// <summary>What of it keeps, or has kept, requests away, for people.</summary>
    public IEnumerable<string> Troubles()
    {
        if (Breaker is { State: not "closed" })
        {
            yield return $"breaker {Breaker.State}: {Breaker.Reason}";
        }
        if (Limits is not null && (Waiting > 0 || Limits.InUse >= Limits.Limit))
        {
            yield return $"{Limits.InUse} of {Limits.Limit} at once, {Waiting} wait";
        }
        if (AdaptiveLimit is not null && AdaptiveLimit.InUse >= AdaptiveLimit.Limit)
        {
            yield return $"adaptive limit {AdaptiveLimit.Limit} is reached";
        }
        if (RateLimited > 0)
        {
            yield return $"{RateLimited} rate limited";
        }
        if (RetriesRefused > 0)
        {
            yield return $"{RetriesRefused} retries beyond the budget";
        }
    }
}
