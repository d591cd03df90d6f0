namespace LoadBalancer.Comparison.Load;

/// <summary>What became of a connection in one step.</summary>
internal enum ConnectionState
{
    /// <summary>The kernel has no more for now.</summary>
    Waiting,

    /// <summary>The outstanding request is answered; the connection is free.</summary>
    Answered,

    /// <summary>It is closed or broken, and with it the outstanding request.</summary>
    Closed,
}
