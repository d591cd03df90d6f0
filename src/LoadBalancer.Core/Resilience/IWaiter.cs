namespace LoadBalancer.Core.Resilience;

/// <summary>
/// Who waits in a <see cref="RequestQueue"/>. Called once, outside of any lock, on the thread that gave its place back or
/// on the timer's: do little, such as completing a task source or posting to an event loop.
/// </summary>
public interface IWaiter
{
    /// <summary>The place is the waiter's: it owes one <see cref="RequestQueue.Exit"/>.</summary>
    void Granted();

    /// <summary>The deadline passed, or the queue was closed: the waiter has no place.</summary>
    void Expired();
}
