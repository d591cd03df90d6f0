namespace LoadBalancer.Core.Resilience;

/// <summary>What a rate limit counts by.</summary>
public enum RateLimitKey
{
    /// <summary>All requests to the service together.</summary>
    Service,

    /// <summary>The address of the client.</summary>
    Client,

    /// <summary>The value of a header field.</summary>
    Header,
}
