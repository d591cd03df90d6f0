using LoadBalancer.Comparison.Load;
using LoadBalancer.Comparison.Measure;

namespace LoadBalancer.Comparison.Tests.Measure;

public class SampleTests
{
    private static readonly Usage s_usage = new(CpuMicroseconds: 2_000_000, UserShare: 0.25, PeakResidentBytes: 3 * 1048576);

    [Fact]
    public void Requests_are_related_in_microseconds() =>
        Assert.Equal(
            new Sample(Throughput: 50_000, Cpu: 20, UserCpu: 5, SystemCpu: 15, P50: 1, P99: 2, ResidentMegabytes: 3, Errors: 4),
            Sample.From(new LoadResult(100_000, 0, 2, 1, 2, 4), s_usage));

    [Fact]
    public void A_stream_is_related_in_milliseconds_per_gigabyte() =>
        Assert.Equal(
            new Sample(Throughput: 2, Cpu: 500, UserCpu: 125, SystemCpu: 375, P50: null, P99: null, ResidentMegabytes: 3, Errors: 0),
            Sample.From(new LoadResult(0, 4_000_000_000, 2, null, null, 0), s_usage));

    [Fact]
    public void The_median_of_an_even_number_lies_between_the_middle_two() =>
        Assert.Equal(new Spread(2.5, 1, 9), Spread.Of([9, 1, 2, 3]));

    [Fact]
    public void The_median_of_an_odd_number_is_the_middle_one() => Assert.Equal(new Spread(2, 1, 9), Spread.Of([9, 1, 2]));

    [Fact]
    public void Nothing_has_no_spread() => Assert.Null(Spread.Of([]));
}
