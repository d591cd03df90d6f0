namespace LoadBalancer.Core.Resilience;

/// <summary>
/// A waiter's node in a <see cref="WaitQueue"/>. An engine keeps one per connection and uses it again, so that waiting
/// allocates nothing; it is free again when a callback has come or <see cref="WaitQueue.Cancel"/> returned true.
/// </summary>
public class QueueEntry(IWaiter waiter)
{
    internal IWaiter Waiter { get; } = waiter;

    // All below belong to the queue's lock.
    internal WaitQueue? Queue { get; set; }

    internal QueueEntry? Previous { get; set; }

    internal QueueEntry? Next { get; set; }

    internal long Since { get; set; }
}
