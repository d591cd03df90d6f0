namespace LoadBalancer.Configuration.Options;

/// <summary>What a retry may follow.</summary>
public enum RetryCondition
{
    /// <summary>No connection could be made: nothing was sent.</summary>
    ConnectFailure,

    /// <summary>The connection was closed or reset before an answer.</summary>
    Reset,

    /// <summary>The answer did not begin in time.</summary>
    Timeout,
}
