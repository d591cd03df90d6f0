using LoadBalancer.Discovery.Consul.Watching;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Discovery.Tests.Consul;

/// <summary>How often Consul is asked: token bucket, back-off, sweeps.</summary>
public sealed class PacingTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_burst_is_immediate_and_the_rest_is_paced()
    {
        var bucket = new TokenBucket(3, perSecond: 10, _time);
        Assert.Equal([0, 0, 0, 100, 200], Enumerable.Range(0, 5).Select(_ => bucket.Take().TotalMilliseconds));
        _time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal(TimeSpan.Zero, bucket.Take());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([0, 0, 0, 100], Enumerable.Range(0, 4).Select(_ => bucket.Take().TotalMilliseconds));
    }

    [Fact]
    public void Back_off_doubles_to_ten_seconds_with_jitter()
    {
        var backoff = new Backoff(new Jitter(42));
        var full = TimeSpan.FromMilliseconds(50);
        for (var i = 0; i < 20; i++)
        {
            Assert.InRange(backoff.Next(), full / 2, full);
            full = full * 2 < TimeSpan.FromSeconds(10) ? full * 2 : TimeSpan.FromSeconds(10);
        }
        Assert.Equal(TimeSpan.FromSeconds(10), full);
        backoff.Reset();
        Assert.InRange(backoff.Next(), TimeSpan.FromMilliseconds(25), TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void Jitter_repeats_with_its_seed_and_differs_between_seeds()
    {
        static List<TimeSpan> Draw(int seed)
        {
            var jitter = new Jitter(seed);
            return [.. Enumerable.Range(0, 5).Select(_ => jitter.Spread(TimeSpan.FromSeconds(1)))];
        }
        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
    }

    [Fact]
    public void The_first_sweep_is_immediate_and_later_ones_coalesce()
    {
        var sweeper = new Sweeper(_time);
        Assert.Null(sweeper.AskedBefore);
        sweeper.Want(5, prompt: true);
        sweeper.Want(3, prompt: false);
        Assert.Equal(5, sweeper.AskedBefore);
        Assert.Equal(TimeSpan.Zero, sweeper.Delay(100, prompt: false));
        sweeper.Start();
        Assert.Null(sweeper.AskedBefore);

        sweeper.Want(7, prompt: false);
        Assert.Equal(TimeSpan.FromSeconds(10), sweeper.Delay(100, prompt: false));
        Assert.Equal(TimeSpan.FromSeconds(1), sweeper.Delay(100, prompt: true));
        sweeper.Want(8, prompt: true);
        Assert.Equal(TimeSpan.FromSeconds(1), sweeper.Delay(100, prompt: false));
        Assert.Equal(TimeSpan.FromSeconds(20), sweeper.Delay(10_000, prompt: false));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, sweeper.Delay(100, prompt: false));
    }
}
