using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Simulation;

/// <summary>
/// What happens when, in virtual time: events run in the order of their times, those of the same time in the order in which
/// they were planned. The clock of the catalog under test goes along, so that its timers fire in between.
/// </summary>
internal sealed class EventQueue(SteppedClock clock)
{
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private TimeSpan _clock;
    private long _planned;

    /// <summary>The virtual time since the start.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>Plans something for a time from now.</summary>
    public void After(TimeSpan delay, Action happens) => _events.Enqueue(happens, (Now + delay, _planned++));

    /// <summary>Runs until nothing is planned.</summary>
    public void Run() => RunUntil(TimeSpan.MaxValue);

    /// <summary>Runs what is planned for a time up to this one.</summary>
    public void RunUntil(TimeSpan end)
    {
        while (_events.TryPeek(out _, out var next) && next.At <= end)
        {
            var happens = _events.Dequeue();
            Now = next.At;
            clock.Advance(Now - _clock);
            _clock = Now;
            happens();
        }
    }
}
