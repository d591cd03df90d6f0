using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Resilience;

public class AdaptiveLimitTests(ITestOutputHelper output)
{
    [Fact]
    public void It_stays_between_its_bounds()
    {
        var server = new SimulatedServer(new AdaptiveLimitOptions { Min = 5, Initial = 10, Max = 30 }, places: 200);
        server.Run(TimeSpan.FromSeconds(20), requestsPerSecond: 10_000);
        Assert.Equal(30, server.Limit.Limit);
        server.Slowness = 50;
        server.Run(TimeSpan.FromSeconds(5), requestsPerSecond: 10_000);
        Assert.InRange(server.Limit.Limit, 5, 20);
    }

    [Fact]
    public void It_does_not_grow_while_nobody_needs_it()
    {
        var server = new SimulatedServer(new AdaptiveLimitOptions { Initial = 50 }, places: 20);
        server.Run(TimeSpan.FromSeconds(30), requestsPerSecond: 500);
        Assert.Equal(50, server.Limit.Limit);
        Assert.Equal(0, server.Shed);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Overload_is_shed_and_goodput_stays(int overload)
    {
        // 20 places of 10 ms: 2,000 per second. Clients give up after 250 ms.
        const int Capacity = 2000;
        var with = new SimulatedServer(new AdaptiveLimitOptions(), places: 20);
        with.Run(TimeSpan.FromSeconds(10), Capacity / 2);
        with.Forget();
        with.Run(TimeSpan.FromSeconds(60), Capacity * overload);
        var without = new SimulatedServer(null, places: 20);
        without.Run(TimeSpan.FromSeconds(10), Capacity / 2);
        without.Forget();
        without.Run(TimeSpan.FromSeconds(60), Capacity * overload);
        output.WriteLine($"goodput of {Capacity}/s at {overload} times: {with.Good / 60}/s with (limit {with.Limit.Limit}), {without.Good / 60}/s without");
        Assert.True(with.Good / 60 > Capacity * 0.9);
        Assert.True(without.Good / 60 < Capacity * 0.1);
        Assert.Equal(with.InService, with.Limit.InUse);
    }

    [Fact]
    public void Overload_from_the_first_request_on_and_for_long_is_bounded_too()
    {
        // Nothing was ever measured without load, and an average would drift up with the queue.
        var server = new SimulatedServer(new AdaptiveLimitOptions(), places: 20);
        server.Run(TimeSpan.FromMinutes(1), 4000);
        server.Forget();
        server.Run(TimeSpan.FromMinutes(4), 4000);
        output.WriteLine($"goodput of 2000/s at twice the load: {server.Good / 240}/s, limit {server.Limit.Limit}, without load {server.Limit.UnloadedLatency.TotalMilliseconds:0.0} ms");
        Assert.True(server.Good / 240 > 1800);
        Assert.InRange(server.Limit.Limit, 20, 100);
        Assert.InRange(server.Limit.UnloadedLatency.TotalMilliseconds, 8, 15);
    }

    [Fact]
    public void A_service_that_became_slower_for_good_is_learned()
    {
        var server = new SimulatedServer(new AdaptiveLimitOptions(), places: 20);
        server.Run(TimeSpan.FromSeconds(30), 1000);
        server.Slowness = 4;
        server.Run(TimeSpan.FromMinutes(2), 1000);
        server.Forget();
        server.Run(TimeSpan.FromMinutes(1), 1000);
        output.WriteLine($"goodput of 500/s at twice the load: {server.Good / 60}/s, limit {server.Limit.Limit}, without load {server.Limit.UnloadedLatency.TotalMilliseconds:0.0} ms");
        Assert.True(server.Good / 60 > 450);
    }

    [Fact]
    public void Who_leaves_without_an_answer_is_not_measured()
    {
        var time = new SteppedClock();
        var limit = new AdaptiveLimit(new AdaptiveLimitOptions { Initial = 10 }, time);
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(limit.TryEnter());
            time.Advance(TimeSpan.FromSeconds(1));
            limit.Abandon();
        }
        Assert.Equal((10, 0, TimeSpan.Zero), (limit.Limit, limit.InUse, limit.UnloadedLatency));
    }

    [Fact]
    public void On_many_threads_it_holds_its_bounds_and_nothing_stays_inside()
    {
        var time = new SteppedClock();
        var limit = new AdaptiveLimit(new AdaptiveLimitOptions { Min = 2, Initial = 4, Max = 6 }, time);
        var start = time.GetTimestamp();
        Parallel.For(0, 8, thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 20_000; i++)
            {
                if (limit.TryEnter())
                {
                    Assert.InRange(limit.Limit, 2, 6);
                    limit.Exit(start + (i * 1000L), start + (i * 1000L) + random.Next(1, 100_000));
                }
            }
        });
        Assert.Equal(0, limit.InUse);
    }

    [Fact]
    public void Options_that_mean_nothing_are_refused()
    {
        AdaptiveLimitOptions[] wrong =
        [
            new() { Min = 0 }, new() { Initial = 3 }, new() { Initial = 1001 }, new() { Tolerance = 0.9 }, new() { Tolerance = double.NaN }, new() { Window = TimeSpan.Zero }, new() { MeasureEvery = TimeSpan.Zero },
        ];
        Assert.All(wrong, static options => Assert.Throws<ArgumentOutOfRangeException>(() => new AdaptiveLimit(options, new SteppedClock())));
    }
}
