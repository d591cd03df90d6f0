namespace LoadBalancer.Core.Resilience;

/// <summary>What a <see cref="ServiceGuard"/> says to a request.</summary>
public enum GuardAnswer
{
    /// <summary>Go on; the admission is to be ended.</summary>
    Admitted,

    /// <summary>Wait for the callbacks of the queue entry.</summary>
    Waiting,

    /// <summary>Too many requests per second: 429 (RFC 6585 section 4).</summary>
    RateLimited,

    /// <summary>The circuit breaker is open: 503.</summary>
    BreakerOpen,

    /// <summary>The places and the queue are full: 503.</summary>
    QueueFull,

    /// <summary>A place did not become free in time: 503. The answer of the queue's <see cref="IWaiter.Expired"/>.</summary>
    QueueTimeout,

    /// <summary>The adaptive limit is reached: 503.</summary>
    Overloaded,
}
