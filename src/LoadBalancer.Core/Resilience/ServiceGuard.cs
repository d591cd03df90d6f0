using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Resilience;

/// <summary>
/// Everything that may keep a request from a service, with the state that outlives snapshots: rate limit, circuit
/// breaker, queue, adaptive limit. A service for which nothing of it is turned on has none. Immutable; a
/// change of the options makes the next one, which takes over the parts whose options are the same.
/// </summary>
/// <remarks>
/// For a request: <see cref="RateLimit"/> with the key, then <see cref="Arrive"/>; when it says to wait and the place is
/// granted, <see cref="Resume"/>; then the admission's <see cref="Admission.Answered"/> and <see cref="Admission.End"/>.
/// The order is that of cost and of blame: who asks too often is told so whatever the state of the service; nobody waits
/// for a service that is not asked; and neither a probe nor a place under the adaptive limit is held while waiting.
/// </remarks>
public sealed class ServiceGuard
{
    private static readonly GuardOptions s_off = new();

    private readonly GuardOptions _options;

    private ServiceGuard(GuardOptions options, ServiceGuard? before, TimeProvider time)
    {
        _options = options;
        var old = before?._options;
        RateLimit = options.RateLimit is not { } rate ? null : rate == old?.RateLimit ? before!.RateLimit : new ServiceRateLimit(rate, SipHash.NewSeed(), time);
        AdaptiveLimit = options.AdaptiveLimit is not { } adaptive ? null : adaptive == old?.AdaptiveLimit ? before!.AdaptiveLimit : new AdaptiveLimit(adaptive, time);
        Breaker = options.Breaker is not { } breaker ? null : breaker == old?.Breaker ? before!.Breaker : new CircuitBreaker(breaker, time);
        if (options.Queue is { } queue)
        {
            // Those who wait go on waiting under the new limits.
            Queue = before?.Queue ?? new RequestQueue(queue.MaxRequests, queue.Queue, queue.QueueTimeout, time);
            Queue.SetLimits(queue.MaxRequests, queue.Queue, queue.QueueTimeout);
        }
    }

    /// <summary>Requests per second; null when off.</summary>
    public ServiceRateLimit? RateLimit { get; }

    /// <summary>Requests at once, with those that wait; null when off.</summary>
    public RequestQueue? Queue { get; }

    /// <summary>Requests at once, by latency; null when off.</summary>
    public AdaptiveLimit? AdaptiveLimit { get; }

    /// <summary>The circuit breaker; null when off.</summary>
    public CircuitBreaker? Breaker { get; }

    /// <summary>The guard after the options changed; null when nothing is turned on.</summary>
    /// <param name="before">The guard until now.</param>
    /// <param name="options">The new options.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static ServiceGuard? Next(ServiceGuard? before, GuardOptions? options, TimeProvider time) =>
        options is null || options == s_off ? null
        : before?._options == options ? before
        : new ServiceGuard(options, before, time);

    /// <summary>A request that is within its rate asks to be let in.</summary>
    /// <param name="admission">Empty; what the request holds afterwards.</param>
    /// <param name="entry">To wait with; free for use.</param>
    /// <param name="now">The provider's timestamp.</param>
    /// <param name="retryAfter">When refused: how long until it makes sense to come again; zero when not known.</param>
    public GuardAnswer Arrive(ref Admission admission, QueueEntry entry, long now, out TimeSpan retryAfter)
    {
        if (Queue is not null)
        {
            if (Breaker?.IsOpen(now, out retryAfter) == true)
            {
                return GuardAnswer.BreakerOpen;
            }
            retryAfter = TimeSpan.Zero;
            switch (Queue.Enter(entry, now))
            {
                case QueueAnswer.Full:
                    return GuardAnswer.QueueFull;
                case QueueAnswer.Waiting:
                    return GuardAnswer.Waiting;
                default:
                    break;
            }
        }
        return Resume(ref admission, now, out retryAfter);
    }

    /// <summary>A request that was granted a place goes on; when it is refused, it has given the place back.</summary>
    /// <inheritdoc cref="Arrive"/>
    public GuardAnswer Resume(ref Admission admission, long now, out TimeSpan retryAfter)
    {
        admission.Take(Queue);
        retryAfter = TimeSpan.Zero;
        if (Breaker is not null)
        {
            if (!Breaker.TryEnter(now, out var permit, out retryAfter))
            {
                admission.End(LeaseOutcome.Canceled, now);
                return GuardAnswer.BreakerOpen;
            }
            admission.Take(Breaker, permit);
        }
        if (AdaptiveLimit is not null)
        {
            if (!AdaptiveLimit.TryEnter())
            {
                admission.End(LeaseOutcome.Canceled, now);
                return GuardAnswer.Overloaded;
            }
            admission.Take(AdaptiveLimit, now);
        }
        return GuardAnswer.Admitted;
    }
}
