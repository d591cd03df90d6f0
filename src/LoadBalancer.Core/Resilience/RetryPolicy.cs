namespace LoadBalancer.Core.Resilience;

/// <summary>When a request that failed is sent to another endpoint.</summary>
public sealed record RetryPolicy
{
    /// <summary>How many attempts follow the first one. Those that could send nothing do not count.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>After a connection that could not be made.</summary>
    public bool OnConnectFailure { get; init; } = true;

    /// <summary>After a connection that was closed or reset before an answer.</summary>
    public bool OnReset { get; init; } = true;

    /// <summary>After an endpoint that has not begun to answer in time.</summary>
    public bool OnTimeout { get; init; }

    /// <summary>After an answer with one of these.</summary>
    public StatusSet OnStatuses { get; init; }

    /// <summary>How many bytes of a request's body are kept to be sent again.</summary>
    public int BufferLimit { get; init; } = 64 * 1024;

    /// <summary>What retries and hedges of what was sent may add to the load; null for no bound but <see cref="Attempts"/>.</summary>
    public RetryBudgetOptions? Budget { get; init; } = new();

    /// <summary>When a second endpoint is asked while the first has not answered; null for never.</summary>
    public HedgeOptions? Hedge { get; init; }

    /// <summary>True when a request may be sent again after something of it was sent.</summary>
    public bool MayRepeat => Attempts > 0 && (OnReset || OnTimeout || !OnStatuses.IsEmpty);
}
