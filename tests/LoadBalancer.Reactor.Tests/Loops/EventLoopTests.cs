using System.Collections.Concurrent;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;
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

        await Eventually.True(() => sound.Deadlines == 1 && broken.Faults == 1, "both are called, and the broken one is closed");
        Assert.Equal((1, 0), (broken.Deadlines, sound.Faults));
        await Eventually.True(() => faults.Count == 2, "both faults are told");
        Assert.Equal(["deadline", "closing"], faults);
    }

    [Fact]
    public async Task What_is_posted_when_the_loop_has_ended_is_written_to_nobody()
    {
        Assert.SkipUnless(ReactorLoops.IsSupported, "the reactor runs on Linux only");
        // Several, for one that ends between two waits still has its last signal to read and would not write another.
        var loops = Enumerable.Range(0, 8).Select(static number => new EventLoop(number, batchesSends: true, TimeProvider.System, static _ => { })).ToList();
        foreach (var loop in loops)
        {
            loop.Start();
            await loop.RunAsync(static () => { });
        }
        loops.ForEach(static loop => loop.Dispose());
        // Some of these have the numbers that were the loops'.
        var others = Enumerable.Range(0, 128).Select(static _ => Libc.CreateEvent(0, Libc.SockNonBlock)).ToArray();

        loops.ForEach(static loop => loop.Post(new LoopAction(static () => { })));

        foreach (var other in others)
        {
            ulong count = 0;
            Assert.Equal(-1, Libc.Read(other, ref count, sizeof(ulong)));
            _ = Libc.Close(other);
        }
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
