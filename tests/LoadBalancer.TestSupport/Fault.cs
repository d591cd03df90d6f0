namespace LoadBalancer.TestSupport;

/// <summary>How a <see cref="FaultProxy"/> misbehaves.</summary>
public enum Fault
{
    None,
    ServerError,
    Malformed,
    WrongShape,
    NoIndex,
    NoLeader,
    Truncated,
    Drop,
    SilentWatches,
}
