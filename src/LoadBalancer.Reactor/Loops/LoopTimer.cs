namespace LoadBalancer.Reactor.Loops;

/// <summary>
/// One deadline in a <see cref="TimerWheel"/>, embedded in who waits for it. Moving the deadline later costs one store: the
/// wheel finds out when the old one comes.
/// </summary>
internal sealed class LoopTimer(ITimed owner)
{
    internal const long Never = long.MaxValue;

    public ITimed Owner { get; } = owner;

    /// <summary>When it is due, on the wheel's clock in milliseconds.</summary>
    public long Deadline { get; internal set; } = Never;

    // All below belong to the wheel.
    internal long Slot { get; set; } = -1;

    internal LoopTimer? Previous { get; set; }

    internal LoopTimer? Next { get; set; }

    /// <summary>Is not due any more. It stays in its slot until that comes up: most timers are set again before.</summary>
    public void Clear() => Deadline = Never;
}
