namespace LoadBalancer.Core.Dispatching;

/// <summary>How one attempt at an endpoint failed, in the terms of every engine.</summary>
public enum AttemptFailure
{
    /// <summary>There was no attempt.</summary>
    None,

    /// <summary>No connection could be made; nothing was sent.</summary>
    Connect,

    /// <summary>This machine ran out of descriptors, memory or ports: nothing was sent, and the endpoint is not to blame.</summary>
    Shortage,

    /// <summary>The connection was closed or reset before the first byte of an answer.</summary>
    Reset,

    /// <summary>There was no answer, or no more of it, in time.</summary>
    Timeout,

    /// <summary>The answer cannot be understood.</summary>
    Malformed,

    /// <summary>The exchange failed after the head of the answer had come.</summary>
    Broken,

    /// <summary>The client did not send the rest of its request in time: says nothing about the endpoint.</summary>
    ClientTimeout,

    /// <summary>The client left, or its request was at fault: says nothing about the endpoint.</summary>
    Client,
}
