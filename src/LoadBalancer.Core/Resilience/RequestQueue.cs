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
/// <item>An entry leaves the list once, under the lock, and who took it out decides: grant, expiry or cancel. So of the
/// three exactly one takes place, and a place that is freed is handed to exactly one waiter or becomes free.</item>
/// <item>Grants come in order of arrival, and nobody who arrives passes one who waits.</item>
/// <item>The count of waiting is the length of the list whenever the lock is free.</item>
/// </list>
/// </remarks>
public sealed class RequestQueue : IDisposable
{
    private const long OnePlace = 1;
    private const long OneWaiting = 1L << 32;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _state;
    private volatile int _maxRequests;
    private volatile int _maxWaiting;
    private long _timeout;
    private QueueEntry? _first;
    private QueueEntry? _last;
    private bool _timerRuns;
    private bool _closed;

    /// <summary>A queue with all places free.</summary>
    /// <inheritdoc cref="SetLimits"/>
    public RequestQueue(int maxRequests, int maxWaiting, TimeSpan timeout, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        SetLimits(maxRequests, maxWaiting, timeout);
        _timer = time.CreateTimer(static queue => ((RequestQueue)queue!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

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
        lock (_lock)
        {
            _maxRequests = maxRequests;
            _maxWaiting = maxWaiting;
            _timeout = _time.ToTimestamp(timeout);
            if (_timerRuns)
            {
                StartTimerLocked();
            }
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
        lock (_lock)
        {
            if (entry.Queue is not null)
            {
                throw new InvalidOperationException("The entry waits already: use one entry per waiting request.");
            }
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
                else if (_closed || WaitingOf(state) >= _maxWaiting)
                {
                    return QueueAnswer.Full;
                }
                else if (TryChange(state, state + OneWaiting))
                {
                    // From here on an exit comes for this lock to find the entry.
                    AppendLocked(entry, now);
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

    /// <summary>
    /// The waiter leaves. True: it has, and no callback will come. False: it was granted or expired before; that callback
    /// has come or is about to, and a grant must be given back.
    /// </summary>
    public bool Cancel(QueueEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (_lock)
        {
            if (entry.Queue != this)
            {
                return false;
            }
            RemoveLocked(entry, places: 0);
            return true;
        }
    }

    /// <summary>Lets nobody wait any more: all who wait expire. Places may still be taken and are still given back.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
        }
        Expire();
        _timer.Dispose();
    }

    private static int InUseOf(long state) => (int)state;

    private static int WaitingOf(long state) => (int)(state >> 32);

    private bool HasFreePlace(long state) => WaitingOf(state) == 0 && InUseOf(state) < _maxRequests;

    private bool TryChange(long from, long to) => Interlocked.CompareExchange(ref _state, to, from) == from;

    /// <summary>After the limit rose: gives a new place to the first that waits.</summary>
    private bool GrantFreePlace()
    {
        QueueEntry? entry;
        lock (_lock)
        {
            entry = InUse < _maxRequests ? _first : null;
            if (entry is null)
            {
                return false;
            }
            RemoveLocked(entry, OnePlace);
        }
        entry.Waiter.Granted();
        return true;
    }

    /// <summary>Gives a place that is taken to the first that waits; the number in use stays.</summary>
    private bool HandOver()
    {
        QueueEntry? entry;
        lock (_lock)
        {
            entry = InUse <= _maxRequests ? _first : null;
            if (entry is null)
            {
                return false;
            }
            RemoveLocked(entry, places: 0);
        }
        entry.Waiter.Granted();
        return true;
    }

    /// <summary>Takes out all whose deadline has passed. All wait equally long, so the first is due first.</summary>
    private void Expire()
    {
        while (true)
        {
            QueueEntry? entry;
            lock (_lock)
            {
                entry = _first;
                if (entry is null || (!_closed && _time.GetTimestamp() - entry.Arrived < _timeout))
                {
                    StartTimerLocked();
                    return;
                }
                RemoveLocked(entry, places: 0);
            }
            entry.Waiter.Expired();
        }
    }

    private void AppendLocked(QueueEntry entry, long now)
    {
        entry.Queue = this;
        entry.Arrived = now;
        entry.Previous = _last;
        if (_last is null)
        {
            _first = entry;
        }
        else
        {
            _last.Next = entry;
        }
        _last = entry;
        if (!_timerRuns)
        {
            StartTimerLocked();
        }
    }

    /// <summary>Takes an entry out and counts it out, with the places that it takes along.</summary>
    private void RemoveLocked(QueueEntry entry, long places)
    {
        if (entry.Previous is null)
        {
            _first = entry.Next;
        }
        else
        {
            entry.Previous.Next = entry.Next;
        }
        if (entry.Next is null)
        {
            _last = entry.Previous;
        }
        else
        {
            entry.Next.Previous = entry.Previous;
        }
        entry.Previous = null;
        entry.Next = null;
        entry.Queue = null;
        Interlocked.Add(ref _state, places - OneWaiting);
    }

    /// <summary>For the deadline of the first. When the first leaves, the timer runs on: it finds the next one then.</summary>
    private void StartTimerLocked()
    {
        _timerRuns = _first is not null;
        if (_first is { } first)
        {
            var left = _time.ToTimeSpan(first.Arrived + _timeout - _time.GetTimestamp());
            // In whole milliseconds, as timers count: a rounded-down one would come early, again and again.
            _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(left.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
        }
    }
}
