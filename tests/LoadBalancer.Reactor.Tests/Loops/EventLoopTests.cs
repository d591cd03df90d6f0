using System.Collections.Concurrent;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Loops;

public sealed class EventLoopTests
{
    [Fact]
    public async Task Who_throws_when_its_deadline_has_passed_is_closed_and_the_loop_goes_on()
    {
        Assert.SkipUnless(ReactorLoops.IsSupported, "the reactor runs on Linux only");
        var faults = new ConcurrentQueue<string>();
        using var loop = new EventLoop(0, batchesSends: true, TimeProvider.System, e => faults.Enqueue(e.Message));
        var broken = new Owner(static () => throw new InvalidOperationException("deadline"), static () => throw new InvalidOperationException("closing"));
        var sound = new Owner(static () => { }, static () => { });
        loop.Start();

        loop.Post(new LoopAction(() =>
        {
            loop.Timers.Set(new LoopTimer(sound), loop.Now + 1);
            loop.Timers.Set(new LoopTimer(broken), loop.Now + 1);
        }));

        await Eventually.True(() => sound.Deadlines == 1, "the other one is called");
        Assert.Equal((1, 1, 0), (broken.Deadlines, broken.Faults, sound.Faults));
        Assert.Equal(["deadline", "closing"], faults);
    }

    private sealed class Owner(Action onDeadline, Action onFault) : ITimed
    {
        public volatile int Deadlines;
        public volatile int Faults;

        public void OnDeadline()
        {
            Deadlines++;
            onDeadline();
        }

        public void OnFault()
        {
            Faults++;
            onFault();
        }
    }
}
