using CsCheck;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Resilience;

public class RateLimitTests
{
    [Fact]
    public void A_burst_passes_at_once_and_then_it_says_when_to_come_again()
    {
        var time = new SteppedClock();
        var limit = new RateLimit(10, 3, time);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(limit.TryAcquire(time.GetTimestamp(), out _));
        }
        Assert.False(limit.TryAcquire(time.GetTimestamp(), out var retryAfter));
        Assert.Equal(TimeSpan.FromMilliseconds(100), retryAfter);
        time.Advance(retryAfter - TimeSpan.FromTicks(1));
        Assert.False(limit.TryAcquire(time.GetTimestamp(), out _));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.True(limit.TryAcquire(time.GetTimestamp(), out _));
        Assert.False(limit.TryAcquire(time.GetTimestamp(), out _));
        time.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(limit.TryAcquire(time.GetTimestamp(), out _));
        }
        Assert.False(limit.TryAcquire(time.GetTimestamp(), out _));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(2_000_000, 1)]
    [InlineData(1, 0)]
    public void A_rate_or_burst_that_means_nothing_is_refused(double rate, int burst) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RateLimit(rate, burst, new SteppedClock()));

    [Theory]
    [InlineData(1e-12, int.MaxValue)]
    [InlineData(1e-12, 1)]
    [InlineData(1_000_000, int.MaxValue)]
    public void The_extremes_do_not_overflow(double rate, int burst)
    {
        var limit = new RateLimit(rate, burst, new SteppedClock());
        Assert.True(limit.TryAcquire(long.MaxValue / 4, out _));
    }

    [Fact]
    public void Within_any_time_it_admits_no_more_than_burst_and_rate_times_time() =>
        Gen.Select(Gen.Double[0.1, 100_000], Gen.Int[1, 50], Gen.Long[0, 20_000_000].Array[1, 300]).Sample(static (rate, burst, gaps) =>
        {
            var time = new SteppedClock();
            var limit = new RateLimit(rate, burst, time);
            var now = time.GetTimestamp();
            var admitted = new List<long>();
            foreach (var gap in gaps)
            {
                // Long gaps and floods: one in three comes at the same moment.
                now += gap % 3 == 0 ? 0 : gap;
                if (limit.TryAcquire(now, out var retryAfter))
                {
                    admitted.Add(now);
                    Assert.Equal(TimeSpan.Zero, retryAfter);
                }
                else
                {
                    Assert.True(retryAfter > TimeSpan.Zero);
                }
            }
            for (var from = 0; from < admitted.Count; from++)
            {
                for (var to = from; to < admitted.Count; to++)
                {
                    var seconds = (admitted[to] - admitted[from]) / (double)time.TimestampFrequency;
                    // 1 %: at 100,000 per second a clock of 100 ns rounds by that.
                    Assert.True(to - from + 1 <= burst + (rate * seconds * 1.01) + 1e-6, $"{to - from + 1} in {seconds} s");
                }
            }
        }, iter: 300);

    [Theory]
    [InlineData(3, 1)]
    [InlineData(50, 10)]
    [InlineData(7_000, 100)]
    [InlineData(100_000, 1000)]
    public void Under_constant_pressure_it_admits_the_rate_within_five_percent(double rate, int burst)
    {
        var time = new SteppedClock();
        var limit = new RateLimit(rate, burst, time);
        var random = new Random(1);
        var start = time.GetTimestamp();
        var now = start;
        var admitted = 0;
        // Dense: a burst of one has nowhere to save what a late request left over.
        var step = time.TimestampFrequency / rate / 50;
        for (var i = 0; i < 500_000; i++)
        {
            now += (long)(step * 2 * random.NextDouble());
            admitted += limit.TryAcquire(now, out _) ? 1 : 0;
        }
        var expected = burst + (rate * (now - start) / time.TimestampFrequency);
        Assert.InRange(admitted, expected * 0.95, expected * 1.05);
    }

    [Fact]
    public void Threads_share_it_exactly()
    {
        var time = new SteppedClock();
        var limit = new RateLimit(1, 1000, time);
        var now = time.GetTimestamp();
        var admitted = 0;
        Parallel.For(0, 5000, _ =>
        {
            if (limit.TryAcquire(now, out var _))
            {
                Interlocked.Increment(ref admitted);
            }
        });
        Assert.Equal(1000, admitted);
    }
}
