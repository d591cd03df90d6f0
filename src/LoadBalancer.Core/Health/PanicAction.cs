namespace LoadBalancer.Core.Health;

/// <summary>What happens to requests when too few endpoints of a service are available.</summary>
public enum PanicAction
{
    /// <summary>They get 503 at once, so that the few are not crushed.</summary>
    FailFast,

    /// <summary>They are spread over all endpoints that nobody took out on purpose, fit or not: the checks may be wrong.</summary>
    Spread,
}
