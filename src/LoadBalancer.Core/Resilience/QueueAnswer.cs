namespace LoadBalancer.Core.Resilience;

/// <summary>What <see cref="RequestQueue.Enter"/> did.</summary>
public enum QueueAnswer
{
    /// <summary>There was a place: give it back with <see cref="RequestQueue.Exit"/>.</summary>
    Entered,

    /// <summary>The waiter waits: one of its callbacks will come, unless it cancels first.</summary>
    Waiting,

    /// <summary>Neither a place nor room to wait.</summary>
    Full,
}
