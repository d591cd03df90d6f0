using LoadBalancer.Comparison.Load;

namespace LoadBalancer.Comparison.Tests.Load;

public class LatenciesTests
{
    [Fact]
    public void Percentiles_are_those_of_the_nearest_rank()
    {
        var latencies = new Latencies(expected: 1);
        for (var i = 2000; i >= 1; i--)
        {
            latencies.Add(i * 1_000_000L);
        }

        Assert.Equal(1000, latencies.Percentile(0.5));
        Assert.Equal(1980, latencies.Percentile(0.99));
        Assert.Equal(2000, latencies.Percentile(1));
    }

    [Fact]
    public void Nothing_has_no_percentile() => Assert.Null(new Latencies(1).Percentile(0.5));
}
