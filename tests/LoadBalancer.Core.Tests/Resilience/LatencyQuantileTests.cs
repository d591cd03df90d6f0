using CsCheck;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Resilience;

public class LatencyQuantileTests
{
    private readonly SteppedClock _time = new();

    [Fact]
    public void It_says_nothing_before_it_has_seen_enough()
    {
        var quantile = new LatencyQuantile(0.5, TimeSpan.FromSeconds(10), 3, _time);
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(quantile.Read(_time.GetTimestamp()));
            quantile.Record(TimeSpan.FromMilliseconds(10));
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.NotNull(quantile.Read(_time.GetTimestamp()));
    }

    [Fact]
    public void What_is_older_than_two_windows_is_forgotten()
    {
        var quantile = new LatencyQuantile(0.5, TimeSpan.FromSeconds(10), 1, _time);
        quantile.Record(TimeSpan.FromMilliseconds(10));
        Assert.NotNull(quantile.Read(_time.GetTimestamp()));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.NotNull(quantile.Read(_time.GetTimestamp()));
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Null(quantile.Read(_time.GetTimestamp()));
        quantile.Record(TimeSpan.FromMilliseconds(10));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(quantile.Read(_time.GetTimestamp()));
    }

    [Fact]
    public void It_is_at_most_a_sixteenth_above_the_exact_quantile_and_never_below() =>
        Gen.Select(Gen.Int[1, 100_000_000].Array[1, 300], Gen.Double[0.01, 0.99]).Sample((latencies, q) =>
        {
            var quantile = new LatencyQuantile(q, TimeSpan.FromSeconds(10), 1, _time);
            foreach (var latency in latencies)
            {
                quantile.Record(TimeSpan.FromMicroseconds(latency));
            }
            var exact = latencies.Order().ElementAt((int)Math.Ceiling(latencies.Length * q) - 1);
            Assert.InRange(quantile.Read(_time.GetTimestamp())!.Value.TotalMicroseconds, exact, exact * (1 + (1 / 16d)));
        }, iter: 500);

    [Fact]
    public void The_buckets_cover_the_range_without_a_gap()
    {
        for (var bucket = 0; bucket < 383; bucket++)
        {
            var highest = LatencyQuantile.HighestOf(bucket);
            Assert.Equal((bucket, bucket + 1), (LatencyQuantile.BucketOf((uint)highest), LatencyQuantile.BucketOf((uint)highest + 1)));
        }
        Assert.Equal((1L << 27) - 1, LatencyQuantile.HighestOf(383));
    }

    [Fact]
    public void What_is_out_of_range_counts_at_its_ends()
    {
        var quantile = new LatencyQuantile(0.5, TimeSpan.FromSeconds(10), 1, _time);
        quantile.Record(TimeSpan.MaxValue);
        Assert.InRange(quantile.Read(_time.GetTimestamp())!.Value, TimeSpan.FromSeconds(134), TimeSpan.FromSeconds(135));
        quantile.Record(TimeSpan.MinValue);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, quantile.Read(_time.GetTimestamp()));
    }
}
