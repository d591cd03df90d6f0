namespace LoadBalancer.Core.Resilience;

/// <summary>
/// A <see cref="PairCount"/> over a sliding window of <see cref="SlotCount"/> slots: what is counted leaves after between
/// nine tenths of the window and all of it. Counting is one atomic addition; the first to count in a new slot takes the
/// lock, and so does reading.
/// </summary>
/// <remarks>Who counts while the slots move on may count into the next slot: nothing is lost or counted twice.</remarks>
internal sealed class SlidingCount(TimeSpan window, TimeProvider time)
{
    public const int SlotCount = 10;

    private readonly Lock _lock = new();
    private readonly PairCount[] _slots = new PairCount[SlotCount - 1];
    private readonly long _slotLength = Math.Max(1, time.ToTimestamp(window) / SlotCount);
    private long _slotEnds = long.MinValue;
    private long _current;
    private PairCount _past;
    private int _oldest;

    /// <summary>Adds <see cref="PairCount.OneEvent"/>, <see cref="PairCount.OneMarked"/> or both.</summary>
    public void Add(long packed, long now)
    {
        if (now >= Volatile.Read(ref _slotEnds))
        {
            MoveOn(now);
        }
        Interlocked.Add(ref _current, packed);
    }

    /// <summary>What was counted within the window.</summary>
    public PairCount Read(long now)
    {
        lock (_lock)
        {
            MoveOnLocked(now);
            return _past + new PairCount(Volatile.Read(ref _current));
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            Array.Clear(_slots);
            _past = default;
            Interlocked.Exchange(ref _current, 0);
        }
    }

    private void MoveOn(long now)
    {
        lock (_lock)
        {
            MoveOnLocked(now);
        }
    }

    private void MoveOnLocked(long now)
    {
        var ends = _slotEnds;
        if (now < ends)
        {
            return;
        }
        if (ends == long.MinValue || now - ends >= SlotCount * _slotLength)
        {
            Clear();
            Volatile.Write(ref _slotEnds, now + _slotLength);
            return;
        }
        for (; now >= ends; ends += _slotLength)
        {
            var newest = new PairCount(Interlocked.Exchange(ref _current, 0));
            _past += newest - _slots[_oldest];
            _slots[_oldest] = newest;
            _oldest = (_oldest + 1) % _slots.Length;
        }
        Volatile.Write(ref _slotEnds, ends);
    }
}
