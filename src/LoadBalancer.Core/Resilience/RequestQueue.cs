namespace LoadBalancer.Core.Resilience;

/// <summary>
/// A limit on requests at once with a bounded queue before it, in strict order of arrival: HAProxy's maxconn, maxqueue
/// and timeout queue. A request that finds a place, and its end while nobody waits, cost one atomic operation each.
/// </summary>
/// <remarks>
/// One word holds both the places in use and the number that waits, so that "is there a place, is somebody waiting" is
/// one atomic question. Invariants, for every interleaving of enter, exit, cancel, deadline and change of limits:
/// <list type="number">
/// <item>No more than <see cref="MaxRequests"/> places are taken (after it was lowered: no place is taken until they are fewer).</item>
/// <item>While somebody waits no place is free; so no wake-up is lost.</item>
/// <item>A place that is freed is handed to exactly one waiter or becomes free.</item>
/// <item>Grants come in order of arrival, and nobody who arrives passes one who waits.</item>
/// <item>The count of waiting is the length of the list whenever the lock is free.</item>
/// </list>
/// </remarks>
public sealed class RequestQueue : WaitQueue
{
    private const long OnePlace = 1;
    private const long OneWaiting = 1L << 32;

    private long _state;
    private volatile int _maxRequests;
    private volatile int _maxWaiting;

    /// <summary>A queue with all places free.</summary>
    /// <inheritdoc cref="SetLimits"/>
    public RequestQueue(int maxRequests, int maxWaiting, TimeSpan timeout, TimeProvider time)
        : base(time) => SetLimits(maxRequests, maxWaiting, timeout);

    /// <summary>Requests at once.</summary>
    public int MaxRequests => _maxRequests;

    /// <summary>Places that are taken.</summary>
    public int InUse => InUseOf(Volatile.Read(ref _state));

    /// <summary>Requests that wait.</summary>
    public int Waiting => WaitingOf(Volatile.Read(ref _state));

    /// <summary>Sets the limits; those inside and those waiting stay, and more places are handed out at once.</summary>
    /// <param name="maxRequests">Requests at once, at least 1.</param>
    /// <param name="maxWaiting">Requests that may wait, at least 0.</param>
    /// <param name="timeout">How long one may wait, above zero and at most a day.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    public void SetLimits(int maxRequests, int maxWaiting, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRequests, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(maxWaiting);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, TimeSpan.FromDays(1));
        lock (Lock)
        {
            _maxRequests = maxRequests;
            _maxWaiting = maxWaiting;
            SetTimeoutLocked(timeout);
        }
        while (GrantFreePlace())
        {
        }
    }

    /// <summary>Takes a place, or a place in the queue, or neither.</summary>
    /// <param name="entry">Not waiting anywhere; made for the waiter that is called when the answer is <see cref="QueueAnswer.Waiting"/>.</param>
    /// <param name="now">The provider's timestamp.</param>
    /// <remarks>A callback may come before this returns.</remarks>
    public QueueAnswer Enter(QueueEntry entry, long now)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (TryEnter())
        {
            return QueueAnswer.Entered;
        }
        if (_maxWaiting == 0)
        {
            return QueueAnswer.Full;
        }
        lock (Lock)
        {
            ThrowIfWaitingLocked(entry);
            while (true)
            {
                var state = Volatile.Read(ref _state);
                if (HasFreePlace(state))
                {
                    // Given back since; nobody waits, so nobody is passed.
                    if (TryChange(state, state + OnePlace))
                    {
                        return QueueAnswer.Entered;
                    }
                }
                else if (IsClosed || WaitingOf(state) >= _maxWaiting)
                {
                    return QueueAnswer.Full;
                }
                else if (TryChange(state, state + OneWaiting))
                {
                    // From here on an exit comes for this lock to find the entry.
                    InsertLocked(entry, now);
                    return QueueAnswer.Waiting;
                }
            }
        }
    }

    /// <summary>Takes a place if there is one and nobody waits for it.</summary>
    public bool TryEnter()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (!HasFreePlace(state))
            {
                return false;
            }
            if (TryChange(state, state + OnePlace))
            {
                return true;
            }
        }
    }

    /// <summary>Gives a place back: to the first that waits, if any.</summary>
    public void Exit()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (WaitingOf(state) > 0 && InUseOf(state) <= _maxRequests)
            {
                if (HandOver())
                {
                    return;
                }
            }
            else if (TryChange(state, state - OnePlace))
            {
                // The limit may have risen since it was compared, when this place did not count as free yet.
                while (WaitingOf(state) > 0 && GrantFreePlace())
                {
                }
                return;
            }
        }
    }

    private protected override void CountOutLocked() => Interlocked.Add(ref _state, -OneWaiting);

    private static int InUseOf(long state) => (int)state;

    private static int WaitingOf(long state) => (int)(state >> 32);

    private bool HasFreePlace(long state) => WaitingOf(state) == 0 && InUseOf(state) < _maxRequests;

    private bool TryChange(long from, long to) => Interlocked.CompareExchange(ref _state, to, from) == from;

    /// <summary>After the limit rose: gives a new place to the first that waits.</summary>
    private bool GrantFreePlace()
    {
        QueueEntry? entry;
        lock (Lock)
        {
            entry = InUse < _maxRequests ? First : null;
            if (entry is null)
            {
                return false;
            }
            GrantLocked(entry, OnePlace);
        }
        entry.Waiter.Granted();
        return true;
    }

    /// <summary>Gives a place that is taken to the first that waits; the number in use stays.</summary>
    private bool HandOver()
    {
        QueueEntry? entry;
        lock (Lock)
        {
            entry = InUse <= _maxRequests ? First : null;
            if (entry is null)
            {
                return false;
            }
            GrantLocked(entry, places: 0);
        }
        entry.Waiter.Granted();
        return true;
    }

    /// <summary>Takes an entry out and counts it out, with the places that it takes along.</summary>
    private void GrantLocked(QueueEntry entry, long places)
    {
        RemoveLocked(entry);
        Interlocked.Add(ref _state, places - OneWaiting);
    }
}
