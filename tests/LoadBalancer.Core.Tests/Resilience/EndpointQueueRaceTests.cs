using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Resilience;

/// <summary>Leases, waits, ends, leavers, deadlines and snapshots at once, on many threads.</summary>
public class EndpointQueueRaceTests
{
    private const int Limit = 2;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_limit_holds_and_each_wait_has_one_end(bool endpointsChange)
    {
        using var world = Of(new ServicePolicy { EndpointLimits = new() { MaxRequests = Limit, Queue = 4, QueueTimeout = TimeSpan.FromMilliseconds(10) } }, Up("a", tags: "blue"), Up("b", tags: "green"));
        var service = world["api"];
        var inside = service.Snapshot.Endpoints.ToDictionary(static state => state.Endpoint.Id.ServiceId, static _ => new int[1]);
        inside.Add("c", [0]);
        var tooMany = 0;
        var served = new int[6];
        var running = served.Length;
        var threads = Enumerable.Range(0, served.Length).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            var request = new LimitedRequest(service, world.Time);
            for (var i = 0; i < 5_000; i++)
            {
                request.Begin(random.Next(3) switch { 0 => "blue", 1 => "green", _ => "" });
                if (Lease(request, random.Next(4) == 0) is not { } endpoint)
                {
                    continue;
                }
                var count = inside[endpoint.Id.ServiceId];
                if (Interlocked.Increment(ref count[0]) > Limit)
                {
                    Interlocked.Increment(ref tooMany);
                }
                Thread.SpinWait(random.Next(50));
                Interlocked.Decrement(ref count[0]);
                request.End();
                served[seed]++;
            }
            Interlocked.Decrement(ref running);
        })).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }
        var source = world.Open();
        for (var i = 0; Volatile.Read(ref running) > 0; i++)
        {
            world.Time.Advance(TimeSpan.FromMilliseconds(1));
            if (endpointsChange && i % 8 == 0)
            {
                var c = Up("c", tags: "blue");
                var observed = i % 16 == 0 ? Seen(Up("a", tags: "blue"), Up("b", tags: "green"), c) : Seen(Up("a", tags: "blue"), Up("b", tags: "green"), c with { State = SourceState.Critical });
                source.Observe("api", observed);
            }
            Thread.Yield();
        }
        Array.ForEach(threads, static thread => thread.Join());
        Assert.Equal((0, 0), (tooMany, service.EndpointQueue!.Waiting));
        Assert.All(service.Snapshot.Endpoints, static state => Assert.Equal(0, state.Endpoint.InFlight));
        Assert.All(served, static count => Assert.True(count > 0));
    }

    [Fact]
    public void Of_two_that_come_at_once_for_the_last_place_one_gets_it()
    {
        const int Rounds = 50_000;
        using var world = Of(new ServicePolicy { EndpointLimits = new() { MaxRequests = 1, Queue = 0 } }, Up("a"));
        var first = new LimitedRequest(world["api"], world.Time);
        var second = new LimitedRequest(world["api"], world.Time);
        var meeting = new Meeting();
        var other = new Thread(() =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                second.Begin();
                meeting.Meet();
                second.Ask();
                meeting.Meet();
                // Looked at by the first.
                meeting.Meet();
                second.End();
            }
        })
        { IsBackground = true };
        other.Start();
        var wrong = 0;
        for (var i = 0; i < Rounds; i++)
        {
            first.Begin();
            meeting.Meet();
            first.Ask();
            meeting.Meet();
            wrong += (first.Endpoint is null) == (second.Endpoint is null) ? 1 : 0;
            meeting.Meet();
            first.End();
        }
        other.Join();
        Assert.Equal((0, 0), (wrong, world["api"].Snapshot.Endpoints[0].Endpoint.InFlight));
    }

    /// <summary>
    /// One lease ends while one request comes to wait, again and again and a little earlier or later each time, with nobody
    /// else to wake whom they have forgotten.
    /// </summary>
    [Fact]
    public void No_wake_up_is_lost_between_the_end_of_the_last_lease_and_the_first_who_waits()
    {
        const int Rounds = 50_000;
        using var world = Of(new ServicePolicy { EndpointLimits = new() { MaxRequests = 1 } }, Up("a"));
        var inside = new LimitedRequest(world["api"], world.Time);
        var coming = new LimitedRequest(world["api"], world.Time);
        var meeting = new Meeting();
        var random = new Random(1);
        var ending = new Thread(() =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                var delay = random.Next(60);
                meeting.Meet();
                Thread.SpinWait(delay);
                inside.End();
                meeting.Meet();
            }
        })
        { IsBackground = true };
        ending.Start();
        var lost = 0;
        for (var i = 0; i < Rounds; i++)
        {
            inside.Begin();
            Assert.NotNull(inside.Ask().Endpoint);
            coming.Begin();
            meeting.Meet();
            coming.Ask();
            meeting.Meet();
            if (coming.Answer == QueueAnswer.Waiting && coming.Calls == 0)
            {
                lost++;
                Assert.True(coming.Leave());
            }
            else if (coming.Answer == QueueAnswer.Waiting)
            {
                Assert.NotNull(coming.Resume());
            }
            coming.End();
        }
        ending.Join();
        Assert.Equal((0, 0), (lost, world["api"].EndpointQueue!.Waiting));
    }

    [Fact]
    public void No_wake_up_is_lost_among_waits_for_different_endpoints()
    {
        // No deadline ever comes, for the clock stands: only the end of a lease can end a wait.
        using var world = Of(new ServicePolicy { EndpointLimits = new() { MaxRequests = 1, Queue = 8 } }, Up("a", tags: "blue"), Up("b", tags: "green"));
        var service = world["api"];
        string[] tags = ["blue", "", "green", ""];
        var threads = tags.Select(tag => new Thread(() =>
        {
            var request = new LimitedRequest(service, world.Time);
            for (var i = 0; i < 10_000; i++)
            {
                request.Begin(tag);
                Assert.NotNull(Lease(request, leaves: false));
                request.End();
            }
        })
        { IsBackground = true }).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }
        // Generous: it takes a moment, and never ends when a wake-up is lost.
        Assert.All(threads, static thread => Assert.True(thread.Join(TimeSpan.FromMinutes(1))));
        Assert.Equal(0, service.EndpointQueue!.Waiting);
    }

    /// <summary>The endpoint that the request got; one in some leaves instead of waiting for its end.</summary>
    private static Endpoint? Lease(LimitedRequest request, bool leaves)
    {
        if (request.Ask().Answer != QueueAnswer.Waiting)
        {
            Assert.Equal(0, request.Calls);
            return request.Endpoint;
        }
        if (leaves && request.Leave())
        {
            Assert.Equal(0, request.Calls);
            return null;
        }
        var spin = new SpinWait();
        while (request.Calls == 0)
        {
            spin.SpinOnce();
        }
        Assert.Equal(1, request.Calls);
        return request.Resume();
    }

    /// <summary>Two threads that go on at the same moment: they spin, for a wake-up by the kernel takes longer than what they race for.</summary>
    private sealed class Meeting
    {
        private int _come;

        public void Meet()
        {
            // Even when both have come.
            var both = (Interlocked.Increment(ref _come) + 1) & ~1;
            var spin = new SpinWait();
            while (Volatile.Read(ref _come) < both)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }
    }
}
