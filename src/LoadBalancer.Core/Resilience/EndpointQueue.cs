using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Resilience;

/// <summary>
/// The requests and connections that wait because every endpoint of their service that they could go to is full, in order
/// of arrival: the queue of HAProxy's server maxconn, but one for all endpoints, so that nobody waits for a slow one while
/// another has room.
/// </summary>
/// <remarks>
/// The places are counted by the endpoints themselves (<see cref="Endpoint.InFlight"/>). One word says how many wait: the
/// end of a lease and an arrival while nobody waits cost one look at it. Invariants, for every interleaving of arrival, end
/// of a lease, new snapshot, cancel and deadline:
/// <list type="number">
/// <item>No endpoint has more in flight than the limit by which its places are taken: they are taken with a
/// compare-and-swap, also those that are handed over.</item>
/// <item>No wake-up is lost. Who comes to wait is counted first and looks for room after that; who makes room does so
/// first and looks at the count after that. So at least one of the two sees the other.</item>
/// <item>A place goes to the first in line that can use it: an arrival that finds room hands it on to whoever in line can use it.</item>
/// <item>Nobody waits for endpoints that are gone: a snapshot that leaves a waiter nobody to ask ends the wait.</item>
/// </list>
/// </remarks>
public sealed class EndpointQueue : WaitQueue
{
    private readonly Service _service;
    private volatile int _maxWaiting;
    private int _waiting;

    private EndpointQueue(Service service, EndpointLimitOptions limits, TimeProvider time)
        : base(time)
    {
        _service = service;
        SetLimits(limits);
    }

    /// <summary>Requests and connections that wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>How many may wait.</summary>
    public int MaxWaiting => _maxWaiting;

    /// <summary>The queue after the policy changed; null when the endpoints never had a limit.</summary>
    internal static EndpointQueue? Next(EndpointQueue? before, Service service, ServicePolicy policy, TimeProvider time)
    {
        if (before is null)
        {
            return policy.MaxInFlight == 0 ? null : new EndpointQueue(service, policy.EndpointLimits, time);
        }
        // Also without a limit: a request that goes by an older snapshot may come to wait, and must be found.
        before.SetLimits(policy.EndpointLimits);
        return before;
    }

    /// <summary>Sets how many may wait for how long; those that wait stay.</summary>
    private void SetLimits(EndpointLimitOptions limits)
    {
        lock (Lock)
        {
            _maxWaiting = limits.Queue;
            SetTimeoutLocked(limits.QueueTimeout);
        }
    }

    /// <summary>Takes a place on an endpoint, or a place in line, or neither.</summary>
    /// <param name="entry">What is wanted; with <see cref="QueueAnswer.Entered"/>, what was granted.</param>
    /// <param name="since">The timestamp since which it waits.</param>
    /// <remarks>A callback may come before this returns.</remarks>
    internal QueueAnswer Enter(EndpointEntry entry, long since)
    {
        if (_maxWaiting == 0)
        {
            return QueueAnswer.Full;
        }
        List<EndpointEntry>? served = null;
        QueueAnswer answer;
        lock (Lock)
        {
            ThrowIfWaitingLocked(entry);
            // Counted before the look: from here on, whoever makes room comes for this lock.
            Interlocked.Increment(ref _waiting);
            answer = TryGrantLocked(entry, ref served) ? QueueAnswer.Entered
                : IsClosed || _waiting > _maxWaiting ? QueueAnswer.Full
                : QueueAnswer.Waiting;
            if (answer == QueueAnswer.Waiting)
            {
                InsertLocked(entry, since);
            }
            else
            {
                CountOutLocked();
            }
        }
        served?.ForEach(static other => other.Waiter.Granted());
        return answer;
    }

    /// <summary>A lease has ended, and its place has been given back.</summary>
    internal void PlaceFreed()
    {
        if (Volatile.Read(ref _waiting) > 0)
        {
            // As many come here as there are places given back.
            ServeOne();
        }
    }

    /// <summary>A snapshot was published: there may be more room, or nobody left to wait for.</summary>
    internal void ServeAll()
    {
        // Without a look at the count: the lock orders this after the snapshot, or after the wait that did not see it.
        while (ServeOne())
        {
        }
    }

    private protected override void CountOutLocked() => Interlocked.Decrement(ref _waiting);

    /// <summary>Ends the wait of the first in line for whom there is something.</summary>
    private bool ServeOne()
    {
        EndpointEntry? served;
        lock (Lock)
        {
            served = FirstServedLocked();
        }
        served?.Waiter.Granted();
        return served is not null;
    }

    private EndpointEntry? FirstServedLocked()
    {
        EndpointEntry? unserved = null;
        for (var entry = (EndpointEntry?)First; entry is not null; entry = (EndpointEntry?)entry.Next)
        {
            if (unserved?.WantsSame(entry) == true)
            {
                continue;
            }
            if (TryTake(entry))
            {
                LeaveLocked(entry);
                return entry;
            }
            unserved = entry;
        }
        return null;
    }

    /// <summary>Takes a place for one that is not in line, unless those in line can use whatever has room.</summary>
    private bool TryGrantLocked(EndpointEntry entry, ref List<EndpointEntry>? served)
    {
        if (Last is EndpointEntry last && last.WantsSame(entry))
        {
            // Whatever this one could use goes to the other.
            return false;
        }
        while (TryTake(entry))
        {
            if (entry.Granted is not { } endpoint || FirstThatCanUseLocked(endpoint, entry.GrantedBy!) is not { } ahead)
            {
                return true;
            }
            (ahead.Granted, entry.Granted) = (endpoint, null);
            ahead.GrantedBy = entry.GrantedBy;
            LeaveLocked(ahead);
            (served ??= []).Add(ahead);
        }
        return false;
    }

    private EndpointEntry? FirstThatCanUseLocked(Endpoint endpoint, ServiceSnapshot snapshot)
    {
        for (var entry = (EndpointEntry?)First; entry is not null; entry = (EndpointEntry?)entry.Next)
        {
            if (!entry.Context.IsExcluded(endpoint) && snapshot.PickerFor(entry.Tag) is { } picker && IsAmong(picker.Candidates(in entry.Context), endpoint))
            {
                return entry;
            }
        }
        return null;
    }

    private static bool IsAmong(ReadOnlySpan<EndpointState> candidates, Endpoint endpoint)
    {
        foreach (var state in candidates)
        {
            if (state.Endpoint == endpoint)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Takes a place for the entry by the snapshot of this moment; also true when there is nobody to wait for.</summary>
    private bool TryTake(EndpointEntry entry)
    {
        var snapshot = _service.Snapshot;
        entry.GrantedBy = snapshot;
        if (snapshot.PickerFor(entry.Tag) is not { } picker)
        {
            return true;
        }
        entry.Granted = EndpointPlace.Take(picker, ref entry.Context, out var isFull);
        return !isFull;
    }

    private void LeaveLocked(EndpointEntry entry)
    {
        RemoveLocked(entry);
        CountOutLocked();
    }
}
