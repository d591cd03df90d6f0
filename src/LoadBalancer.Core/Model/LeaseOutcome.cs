namespace LoadBalancer.Core.Model;

/// <summary>How a lease ended.</summary>
public enum LeaseOutcome
{
    /// <summary>The endpoint answered, whatever its answer; a TCP connection was made and ended.</summary>
    Succeeded,

    /// <summary>No connection could be made; nothing was sent.</summary>
    ConnectFailed,

    /// <summary>The endpoint failed after the connection was made: reset, timeout, malformed answer.</summary>
    Failed,

    /// <summary>The client left or the balancer stopped: says nothing about the endpoint.</summary>
    Canceled,
}
