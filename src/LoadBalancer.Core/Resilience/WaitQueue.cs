namespace LoadBalancer.Core.Resilience;

/// <summary>
/// Requests that wait, in order of arrival, each until it is granted something, leaves, or its deadline passes. What is
/// waited for is the business of the derived queues; here are the line and its deadlines.
/// </summary>
/// <remarks>
/// An entry leaves the line once, under the lock, and who took it out decides: grant, expiry or cancel. So of the three
/// exactly one takes place. All wait equally long, so the first in line is due first.
/// </remarks>
public abstract class WaitQueue : IDisposable
{
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _timeout;
    private bool _timerRuns;
    private long _timerSince;

    private protected WaitQueue(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _timer = time.CreateTimer(static queue => ((WaitQueue)queue!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private protected Lock Lock { get; } = new();

    /// <summary>Who has waited longest; belongs to the lock, as all of the line.</summary>
    private protected QueueEntry? First { get; private set; }

    private protected QueueEntry? Last { get; private set; }

    /// <summary>Nobody waits any more.</summary>
    private protected bool IsClosed { get; private set; }

    /// <summary>
    /// The waiter leaves. True: it has, and no callback will come. False: it was granted or expired before; that callback
    /// has come or is about to, and a grant must be given back.
    /// </summary>
    public bool Cancel(QueueEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (Lock)
        {
            if (entry.Queue != this)
            {
                return false;
            }
            GiveUpLocked(entry);
            return true;
        }
    }

    /// <summary>Lets nobody wait any more: all who wait expire. Places may still be taken and are still given back.</summary>
    public void Dispose()
    {
        lock (Lock)
        {
            IsClosed = true;
        }
        Expire();
        _timer.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>One of those who wait left without a grant.</summary>
    private protected abstract void CountOutLocked();

    /// <summary>How long one may wait, also those who do already.</summary>
    private protected void SetTimeoutLocked(TimeSpan timeout)
    {
        _timeout = _time.ToTimestamp(timeout);
        if (_timerRuns)
        {
            StartTimerLocked();
        }
    }

    private protected static void ThrowIfWaitingLocked(QueueEntry entry)
    {
        if (entry.Queue is not null)
        {
            throw new InvalidOperationException("The entry waits already: use one entry per waiting request.");
        }
    }

    /// <summary>Puts the entry in line behind all that have waited at least as long.</summary>
    /// <param name="entry">Not in line anywhere.</param>
    /// <param name="since">The timestamp since which it waits; before now for one that has waited before.</param>
    private protected void InsertLocked(QueueEntry entry, long since)
    {
        var previous = Last;
        while (previous is not null && previous.Since > since)
        {
            previous = previous.Previous;
        }
        entry.Queue = this;
        entry.Since = since;
        entry.Previous = previous;
        entry.Next = previous is null ? First : previous.Next;
        if (entry.Next is null)
        {
            Last = entry;
        }
        else
        {
            entry.Next.Previous = entry;
        }
        if (previous is null)
        {
            First = entry;
        }
        else
        {
            previous.Next = entry;
        }
        if (!_timerRuns || since < _timerSince)
        {
            StartTimerLocked();
        }
    }

    private protected void RemoveLocked(QueueEntry entry)
    {
        if (entry.Previous is null)
        {
            First = entry.Next;
        }
        else
        {
            entry.Previous.Next = entry.Next;
        }
        if (entry.Next is null)
        {
            Last = entry.Previous;
        }
        else
        {
            entry.Next.Previous = entry.Previous;
        }
        entry.Previous = null;
        entry.Next = null;
        entry.Queue = null;
    }

    private void GiveUpLocked(QueueEntry entry)
    {
        RemoveLocked(entry);
        CountOutLocked();
    }

    /// <summary>Takes out all whose deadline has passed.</summary>
    private void Expire()
    {
        while (true)
        {
            QueueEntry? entry;
            lock (Lock)
            {
                entry = First;
                if (entry is null || (!IsClosed && _time.GetTimestamp() - entry.Since < _timeout))
                {
                    StartTimerLocked();
                    return;
                }
                GiveUpLocked(entry);
            }
            entry.Waiter.Expired();
        }
    }

    /// <summary>For the deadline of the first. When the first leaves, the timer runs on: it finds the next one then.</summary>
    private void StartTimerLocked()
    {
        _timerRuns = First is not null;
        if (First is { } first)
        {
            _timerSince = first.Since;
            var left = _time.ToTimeSpan(first.Since + _timeout - _time.GetTimestamp());
            // In whole milliseconds, as timers count: a rounded-down one would come early, again and again.
            _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(left.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
        }
    }
}
