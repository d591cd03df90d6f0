using System.Globalization;
using CsCheck;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Loops;

public sealed class TimerWheelTests
{
    [Fact]
    public void A_deadline_comes_once_after_its_time_and_at_most_a_tick_late()
    {
        var run = new TimerRun(1, start: 1_000_003);
        run.Set(0, 100);
        run.Until(1_000_102);
        Assert.Empty(run.Fired);
        run.Until(1_000_103 + TimerWheel.Tick);
        Assert.Equal([0], run.Fired);
        run.Until(2_000_000);
        Assert.Equal([0], run.Fired);
    }

    [Fact]
    public void Without_a_timer_it_sleeps_without_end()
    {
        var wheel = new TimerWheel(static (_, e) => throw e);
        wheel.Advance(5_000);
        Assert.Equal(-1, wheel.Delay(5_000));
        var timer = new LoopTimer(new Nobody());
        wheel.Set(timer, 6_000);
        Assert.InRange(wheel.Delay(5_000), 1_000, 1_000 + TimerWheel.Tick);
        wheel.Remove(timer);
        Assert.Equal(-1, wheel.Delay(5_000));
        Assert.Equal(LoopTimer.Never, timer.Deadline);
    }

    [Fact]
    public void A_deadline_of_an_hour_comes_after_an_hour()
    {
        var run = new TimerRun(1, start: 77);
        run.Set(0, 3_600_000);
        run.Until(3_600_076);
        Assert.Empty(run.Fired);
        run.Until(3_600_077 + TimerWheel.Tick);
        Assert.Equal([0], run.Fired);
    }

    [Fact]
    public void Who_sets_its_timer_again_when_it_is_due_does_not_stop_the_wheel()
    {
        var wheel = new TimerWheel(static (_, e) => throw e);
        wheel.Advance(1_000);
        var count = 0;
        LoopTimer? timer = null;
        timer = new LoopTimer(new Somebody(() =>
        {
            count++;
            wheel.Set(timer!, 0);
        }));
        wheel.Set(timer, 1_001);
        wheel.Advance(1_000 + (10 * TimerWheel.Tick));
        Assert.InRange(count, 1, 10);
    }

    [Fact]
    public void Who_throws_is_told_and_keeps_nobody_waiting()
    {
        var faults = new List<(ITimed Owner, string Error)>();
        var wheel = new TimerWheel((owner, e) => faults.Add((owner, e.Message)));
        wheel.Advance(1_000);
        var calls = 0;
        Somebody[] owners = [.. Enumerable.Range(0, 5).Select(i => new Somebody(() =>
        {
            calls++;
            if (i % 2 == 0)
            {
                throw new InvalidOperationException(i.ToString(CultureInfo.InvariantCulture));
            }
        }))];
        foreach (var owner in owners)
        {
            wheel.Set(new LoopTimer(owner), 1_001);
        }

        wheel.Advance(1_001 + TimerWheel.Tick);

        Assert.Equal(5, calls);
        Assert.Equal([(owners[0], "0"), (owners[2], "2"), (owners[4], "4")], faults.OrderBy(static fault => fault.Error));
        Assert.Equal(-1, wheel.Delay(1_001 + TimerWheel.Tick));
    }

    /// <summary>Random orders and pauses, among them some in which the process stands still for longer than the ring, against the definition.</summary>
    [Fact]
    public void It_does_what_a_sorted_list_of_deadlines_does()
    {
        var delay = Gen.OneOf(Gen.Int[-50, 40], Gen.Int[0, 2_000], Gen.Int[16_000, 17_000], Gen.Int[0, 200_000]);
        var pause = Gen.OneOf(Gen.Int[0, 40], Gen.Int[0, 3_000], Gen.Int[16_300, 16_500], Gen.Int[0, 100_000]);
        Cases.Check(Gen.Select(Gen.Int[0, 7], Gen.Int[0, 9], delay, pause).Array[1, 60], seed: 1, count: 3_000, static steps =>
        {
            var run = new TimerRun(10, start: 123_456);
            foreach (var (what, timer, delay, pause) in steps)
            {
                switch (what)
                {
                    case 0:
                        run.Clear(timer);
                        break;
                    case 1:
                        run.Remove(timer);
                        break;
                    case 2:
                        run.Until(run.Now + pause);
                        break;
                    case 3:
                        run.StandStill(pause);
                        break;
                    default:
                        run.Set(timer, delay);
                        break;
                }
            }
            run.Until(run.Now + 300_000);
            run.AssertNothingLeft();
        });
    }

    private sealed class Nobody : ITimed
    {
        public void OnDeadline() => Assert.Fail("not due");

        public void OnFault()
        {
        }
    }

    private sealed class Somebody(Action action) : ITimed
    {
        public void OnDeadline() => action();

        public void OnFault()
        {
        }
    }
}
