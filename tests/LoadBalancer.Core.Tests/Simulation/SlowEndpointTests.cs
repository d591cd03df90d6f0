using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Tests.Simulation;

public class SlowEndpointTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_median = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// The load is 0.45 of what ten healthy endpoints can do, so that three times slower is just overloaded with an equal
    /// share, and ten times slower is far beyond.
    /// </summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    public void With_one_slow_endpoint_of_ten_whoever_looks_at_load_beats_round_robin_on_p99(int timesSlower)
    {
        var results = Enum.GetValues<BalanceAlgorithm>().ToDictionary(static balance => balance, balance => Run(balance, timesSlower));
        foreach (var (balance, result) in results)
        {
            output.WriteLine(result.Describe($"{balance}, one of ten {timesSlower} times slower"));
        }
        var roundRobin = results[BalanceAlgorithm.RoundRobin];
        Assert.All(results.Values, static result => Assert.Equal((0, 0), (result.Unserved, result.InFlight)));
        foreach (var balance in new[] { BalanceAlgorithm.LeastRequest, BalanceAlgorithm.LeastConnections, BalanceAlgorithm.PeakEwma })
        {
            Assert.True(results[balance].Percentile(99) < roundRobin.Percentile(99), $"{balance}");
            Assert.True(results[balance].ShareOf("e0") < 0.1, $"{balance}");
        }
        // It knows which one is slow while the others see only that it is busy.
        Assert.True(results[BalanceAlgorithm.PeakEwma].ShareOf("e0") < results[BalanceAlgorithm.LeastRequest].ShareOf("e0"));
    }

    [Fact]
    public void An_endpoint_that_recovers_gets_its_share_back_from_peakEwma()
    {
        using var service = Create(BalanceAlgorithm.PeakEwma, 10);
        var slow = service.Endpoints["e0"];
        var before = 0;
        var recovered = 0;
        service.Events.After(TimeSpan.FromSeconds(10), () =>
        {
            before = slow.Received;
            slow.ServiceTime = ServiceTime.LogNormal(s_median);
        });
        service.Events.After(TimeSpan.FromSeconds(50), () => recovered = slow.Received);
        var result = service.Run(1600, TimeSpan.FromSeconds(60));
        var share = (slow.Received - recovered) / (1600.0 * 10);
        output.WriteLine(result.Describe($"slow for 10 s of 60 s; {before} requests then, share at the end {share:P1}"));
        Assert.InRange(before / (1600.0 * 10), 0, 0.05);
        Assert.InRange(share, 0.07, 0.13);
    }

    [Fact]
    public void All_alike_get_the_same_from_every_algorithm_that_spreads()
    {
        foreach (var balance in Enum.GetValues<BalanceAlgorithm>())
        {
            var result = Run(balance, 1);
            output.WriteLine(result.Describe($"{balance}, ten alike"));
            if (balance != BalanceAlgorithm.First)
            {
                Assert.All(result.Endpoints.Keys, id => Assert.InRange(result.ShareOf(id), 0.08, 0.12));
            }
        }
    }

    private static SimulationResult Run(BalanceAlgorithm balance, double timesSlower)
    {
        using var service = Create(balance, timesSlower);
        return service.Run(1600, TimeSpan.FromSeconds(20), static random => (ulong)random.NextInt64(long.MinValue, long.MaxValue));
    }

    private static SimulatedService Create(BalanceAlgorithm balance, double timesSlower)
    {
        // With a limit, so that First has something to go by.
        var service = new SimulatedService(new ServicePolicy { Balance = balance, EndpointLimits = new() { MaxRequests = 4 } }, seed: 1);
        for (var i = 0; i < 10; i++)
        {
            service.Add($"e{i}", ServiceTime.LogNormal(i == 0 ? s_median * timesSlower : s_median), concurrency: 4);
        }
        return service;
    }
}
