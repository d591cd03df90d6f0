using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Resilience;

/// <summary>Grant, deadline, cancel and changes of the limit at once, on many threads.</summary>
public class RequestQueueRaceTests
{
    private const int MaxRequests = 2;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_place_has_one_owner_and_each_waiter_one_end(bool limitsChange)
    {
        var time = new SteppedClock();
        using var queue = new RequestQueue(MaxRequests, 4, TimeSpan.FromMilliseconds(10), time);
        var inside = 0;
        var tooMany = 0;
        var served = new int[4];
        var running = served.Length;
        var requests = Enumerable.Range(0, served.Length).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            var request = new RacingRequest();
            for (var i = 0; i < 10_000; i++)
            {
                if (!Enter(queue, request, random.Next(4) == 0, time))
                {
                    continue;
                }
                if (Interlocked.Increment(ref inside) > MaxRequests && !limitsChange)
                {
                    Interlocked.Increment(ref tooMany);
                }
                Thread.SpinWait(random.Next(50));
                Interlocked.Decrement(ref inside);
                queue.Exit();
                served[seed]++;
            }
            Interlocked.Decrement(ref running);
        })).ToArray();
        foreach (var thread in requests)
        {
            thread.Start();
        }
        for (var i = 0; Volatile.Read(ref running) > 0; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            if (limitsChange)
            {
                queue.SetLimits(1 + (i % 3), i % 5, TimeSpan.FromMilliseconds(5 + (i % 7)));
            }
            Thread.Yield();
        }
        foreach (var thread in requests)
        {
            thread.Join();
        }
        Assert.Equal(0, tooMany);
        Assert.Equal((0, 0), (queue.InUse, queue.Waiting));
        Assert.All(served, static count => Assert.True(count > 0));
    }

    /// <summary>Whether the request got a place; one in some leaves instead of waiting for its end.</summary>
    private static bool Enter(RequestQueue queue, RacingRequest request, bool leaves, SteppedClock time)
    {
        request.Reset();
        switch (queue.Enter(request.Entry, time.GetTimestamp()))
        {
            case QueueAnswer.Entered:
                Assert.Equal(0, request.Calls);
                return true;
            case QueueAnswer.Full:
                Assert.Equal(0, request.Calls);
                return false;
            default:
                if (leaves && queue.Cancel(request.Entry))
                {
                    Assert.Equal(0, request.Calls);
                    return false;
                }
                // Ends because places are given back and the clock goes on; were a wake-up lost, the deadline would end it,
                // and were both lost, the test would hang: its runner says where.
                var spin = new SpinWait();
                while (request.Calls == 0)
                {
                    spin.SpinOnce();
                }
                Assert.Equal(1, request.Calls);
                return request.HasPlace;
        }
    }

    [Fact]
    public void No_wake_up_is_lost_between_the_last_exit_and_the_first_who_waits()
    {
        // No deadline ever comes, for the clock stands: only an exit can end the wait.
        using var queue = new RequestQueue(1, 8, TimeSpan.FromHours(1), new SteppedClock());
        var threads = Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            var request = new RacingRequest();
            for (var i = 0; i < 20_000; i++)
            {
                request.Reset();
                if (queue.Enter(request.Entry, 0) == QueueAnswer.Waiting)
                {
                    var spin = new SpinWait();
                    while (request.Calls == 0)
                    {
                        spin.SpinOnce();
                    }
                }
                queue.Exit();
            }
        })
        { IsBackground = true }).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }
        // Generous: it takes a moment, and never ends when a wake-up is lost.
        Assert.All(threads, static thread => Assert.True(thread.Join(TimeSpan.FromMinutes(1))));
        Assert.Equal((0, 0), (queue.InUse, queue.Waiting));
    }

    private sealed class RacingRequest : IWaiter
    {
        private int _calls;
        private bool _hasPlace;

        public RacingRequest() => Entry = new QueueEntry(this);

        public QueueEntry Entry { get; }

        public int Calls => Volatile.Read(ref _calls);

        public bool HasPlace => _hasPlace;

        public void Reset()
        {
            _hasPlace = false;
            Volatile.Write(ref _calls, 0);
        }

        public void Granted()
        {
            _hasPlace = true;
            Interlocked.Increment(ref _calls);
        }

        public void Expired() => Interlocked.Increment(ref _calls);
    }
}
