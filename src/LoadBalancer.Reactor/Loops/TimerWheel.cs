using System.Numerics;

namespace LoadBalancer.Reactor.Loops;

/// <summary>
/// The deadlines of one loop: a ring of slots (Varghese and Lauck, 1987), each a list. Setting and clearing cost a few
/// stores; a deadline beyond the ring waits in its last slot and is put in again from there.
/// </summary>
/// <param name="onFault">Told of what somebody failed with whose deadline had passed, and who that was.</param>
internal sealed class TimerWheel(Action<ITimed, Exception> onFault)
{
    /// <summary>Milliseconds per slot: deadlines are at most this late.</summary>
    public const int Tick = 16;

    private const int Slots = 1024;

    private readonly LoopTimer?[] _slots = new LoopTimer?[Slots];
    private readonly ulong[] _used = new ulong[Slots / 64];

    /// <summary>The last slot that was looked at, counted since the start.</summary>
    private long _now;

    /// <summary>Due at <paramref name="deadline"/> (milliseconds), in place of whatever was set before.</summary>
    public void Set(LoopTimer timer, long deadline)
    {
        timer.Deadline = deadline;
        var slot = SlotOf(deadline);
        if (timer.Slot >= 0)
        {
            if (timer.Slot <= slot)
            {
                // It comes up too early and is put in again then.
                return;
            }
            Unlink(timer);
        }
        Link(timer, slot);
    }

    /// <summary>Takes it out for good.</summary>
    public void Remove(LoopTimer timer)
    {
        timer.Deadline = LoopTimer.Never;
        if (timer.Slot >= 0)
        {
            Unlink(timer);
        }
    }

    /// <summary>How long until the next slot with a timer; -1 when there is none.</summary>
    public int Delay(long now)
    {
        var first = (int)((_now + 1) % Slots);
        for (var i = 0; i <= _used.Length; i++)
        {
            var index = ((first >> 6) + i) % _used.Length;
            var word = _used[index];
            if (i == 0)
            {
                word &= ulong.MaxValue << (first & 63);
            }
            else if (i == _used.Length)
            {
                word &= ~(ulong.MaxValue << (first & 63));
            }
            if (word != 0)
            {
                var slot = (index << 6) + BitOperations.TrailingZeroCount(word);
                var ahead = (slot - first + Slots) % Slots;
                return (int)Math.Max(0, ((_now + 1 + ahead) * Tick) - now);
            }
        }
        return -1;
    }

    /// <summary>Calls everybody whose deadline has passed.</summary>
    public void Advance(long now)
    {
        var until = now / Tick;
        if (until - _now > Slots)
        {
            // The process was stopped for a while: every slot is due once.
            _now = until - Slots;
        }
        while (_now < until)
        {
            _now++;
            var index = (int)(_now % Slots);
            while (_slots[index] is { } timer)
            {
                Unlink(timer);
                if (timer.Deadline <= now)
                {
                    timer.Deadline = LoopTimer.Never;
                    Call(timer.Owner);
                }
                else if (timer.Deadline != LoopTimer.Never)
                {
                    Link(timer, SlotOf(timer.Deadline));
                }
            }
        }
    }

    private void Call(ITimed owner)
    {
        try
        {
            owner.OnDeadline();
        }
        catch (Exception e)
        {
            // The others of this slot are due, too.
            onFault(owner, e);
        }
    }

    /// <summary>Never the slot that is being looked at, so that <see cref="Advance"/> ends.</summary>
    private long SlotOf(long deadline) => Math.Clamp((deadline / Tick) + 1, _now + 1, _now + Slots - 1);

    private void Link(LoopTimer timer, long slot)
    {
        timer.Slot = slot;
        ref var first = ref _slots[slot % Slots];
        timer.Next = first;
        if (first is not null)
        {
            first.Previous = timer;
        }
        first = timer;
        _used[slot % Slots / 64] |= 1UL << (int)(slot % 64);
    }

    private void Unlink(LoopTimer timer)
    {
        var index = timer.Slot % Slots;
        if (timer.Next is not null)
        {
            timer.Next.Previous = timer.Previous;
        }
        if (timer.Previous is not null)
        {
            timer.Previous.Next = timer.Next;
        }
        else
        {
            _slots[index] = timer.Next;
            if (timer.Next is null)
            {
                _used[index / 64] &= ~(1UL << (int)(index % 64));
            }
        }
        timer.Next = null;
        timer.Previous = null;
        timer.Slot = -1;
    }
}
