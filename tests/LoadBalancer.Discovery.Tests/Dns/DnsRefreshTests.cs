using CsCheck;
using LoadBalancer.Discovery.Dns;

namespace LoadBalancer.Discovery.Tests.Dns;

public sealed class DnsRefreshTests
{
    private static readonly DnsRefresh s_refresh = new(new DnsOptions());

    [Theory]
    [InlineData(0, 1.0, 1.1)]
    [InlineData(10, 9.0, 10.0)]
    [InlineData(86400, 27.0, 30.0)]
    public void The_ttl_counts_between_floor_and_cap_with_jitter(int ttl, double from, double to)
    {
        Assert.Equal(from, s_refresh.AfterAnswer(TimeSpan.FromSeconds(ttl), services: 1, first: false, chance: 0).TotalSeconds, 3);
        Assert.Equal(to, s_refresh.AfterAnswer(TimeSpan.FromSeconds(ttl), services: 1, first: false, chance: 1).TotalSeconds, 3);
    }

    [Fact]
    public void The_first_wait_is_spread_over_the_whole_interval()
    {
        Assert.Equal(1, s_refresh.AfterAnswer(TimeSpan.FromSeconds(60), 1, first: true, 0).TotalSeconds, 3);
        Assert.Equal(30, s_refresh.AfterAnswer(TimeSpan.FromSeconds(60), 1, first: true, 1).TotalSeconds, 3);
    }

    [Fact]
    public void Thousands_of_services_do_not_hammer()
    {
        var random = new Random(7);
        var perSecond = Enumerable.Range(0, 10_000).Sum(_ => 1 / s_refresh.AfterAnswer(TimeSpan.Zero, 10_000, false, random.NextDouble()).TotalSeconds);
        Assert.InRange(perSecond, 150, 200);
    }

    [Fact]
    public void Failures_back_off_to_ten_seconds()
    {
        double[] waits = [.. Enumerable.Range(1, 7).Select(failures => s_refresh.AfterFailure(failures, 1, chance: 0).TotalSeconds)];
        Assert.Equal([1, 2, 4, 8, 10, 10, 10], waits);
        Assert.Equal(11, s_refresh.AfterFailure(int.MaxValue, 1, chance: 1).TotalSeconds, 3);
    }

    [Fact]
    public void No_wait_is_below_the_floor_or_above_the_cap() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[1, 5_000], Gen.Bool, Gen.Double[0, 1]).Sample((ttl, services, first, chance) =>
        {
            var wait = s_refresh.AfterAnswer(TimeSpan.FromSeconds(ttl), services, first, chance);
            Assert.InRange(wait, TimeSpan.FromSeconds(Math.Max(1, services / 200.0)), TimeSpan.FromSeconds(30));
        });
}
