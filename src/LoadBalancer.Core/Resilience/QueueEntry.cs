namespace LoadBalancer.Core.Resilience;

/// <summary>
/// A waiter's node in a <see cref="RequestQueue"/>. An engine keeps one per connection and uses it again, so that waiting
/// allocates nothing; it is free again when a callback has come or <see cref="RequestQueue.Cancel"/> returned true.
/// </summary>
public sealed class QueueEntry(IWaiter waiter)
{
    internal IWaiter Waiter { get; } = waiter;

    // All below belong to the queue's lock.
    internal RequestQueue? Queue { get; set; }

    internal QueueEntry? Previous { get; set; }

    internal QueueEntry? Next { get; set; }

    internal long Arrived { get; set; }
}
