using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Tests.Loops;

/// <summary>
/// A wheel in a loop that sleeps as long as the wheel says, in virtual time, beside the plainest model of it: when each timer
/// is due. Fails when a timer comes that is not due, or when the loop would sleep past one that is.
/// </summary>
internal sealed class TimerRun
{
    private readonly TimerWheel _wheel = new(static (_, e) => throw e);
    private readonly LoopTimer[] _timers;
    private readonly long?[] _due;

    public TimerRun(int timers, long start)
    {
        Now = start;
        _due = new long?[timers];
        _timers = [.. Enumerable.Range(0, timers).Select(i => new LoopTimer(new Owner(this, i)))];
        _wheel.Advance(Now);
    }

    public long Now { get; private set; }

    public List<int> Fired { get; } = [];

    public void Set(int timer, long delay)
    {
        // What was due before it was set comes with the next tick.
        _due[timer] = Now + Math.Max(0, delay);
        _wheel.Set(_timers[timer], Now + delay);
    }

    public void Clear(int timer)
    {
        _due[timer] = null;
        _timers[timer].Clear();
    }

    public void Remove(int timer)
    {
        _due[timer] = null;
        _wheel.Remove(_timers[timer]);
    }

    /// <summary>Runs the loop until then.</summary>
    public void Until(long time)
    {
        while (Now < time)
        {
            var delay = _wheel.Delay(Now);
            var next = _due.Min();
            Assert.True(next is null || delay >= 0, "it sleeps without end though a timer is set");
            Assert.True(next is null || Now + delay <= Math.Max(next.Value, Now) + TimerWheel.Tick, $"it sleeps {delay} ms at {Now} past a timer that is due at {next}");
            Now = delay < 0 ? time : Math.Min(time, Now + delay);
            _wheel.Advance(Now);
            AssertNoneOverdue();
        }
    }

    /// <summary>The process is stopped for a while.</summary>
    public void StandStill(long time)
    {
        Now += time;
        _wheel.Advance(Now);
        AssertNoneOverdue();
    }

    public void AssertNothingLeft()
    {
        Assert.All(_due, Assert.Null);
        Assert.Equal(-1, _wheel.Delay(Now));
    }

    private void AssertNoneOverdue() => Assert.DoesNotContain(_due, due => due + TimerWheel.Tick < Now);

    private sealed class Owner(TimerRun run, int timer) : ITimed
    {
        public void OnDeadline()
        {
            Assert.True(run._due[timer] <= run.Now, $"timer {timer} came at {run.Now}, due at {run._due[timer]}");
            run._due[timer] = null;
            run.Fired.Add(timer);
        }

        public void OnFault()
        {
        }
    }
}
