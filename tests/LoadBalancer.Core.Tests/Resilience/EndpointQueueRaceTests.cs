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
    public void No_wake_up_is_lost()
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
}
