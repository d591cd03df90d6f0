namespace LoadBalancer.Core.Resilience;

/// <summary>
/// Who waits in a <see cref="WaitQueue"/>. Called once, outside of the queue's lock, on the thread that gave its place
/// back, published a snapshot, or is the timer's: do little, such as completing a task source or posting to an event loop.
/// </summary>
public interface IWaiter
{
    /// <summary>
    /// The place is the waiter's. Of a <see cref="RequestQueue"/>: it owes one <see cref="RequestQueue.Exit"/>. Of an
    /// <see cref="EndpointQueue"/>: it goes on with <see cref="Dispatching.Dispatch.Resume"/>.
    /// </summary>
    void Granted();

    /// <summary>The deadline passed, or the queue was closed: the waiter has no place.</summary>
    void Expired();
}
