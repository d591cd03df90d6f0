using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Core.Tests.Resilience;

public class ConcurrencyLimitTests
{
    [Fact]
    public void It_has_so_many_places_and_no_more()
    {
        var limit = new ConcurrencyLimit(2);
        Assert.True(limit.TryEnter());
        Assert.True(limit.TryEnter());
        Assert.False(limit.TryEnter());
        limit.Exit();
        Assert.True(limit.TryEnter());
        limit.Max = 1;
        limit.Exit();
        Assert.False(limit.TryEnter());
        limit.Exit();
        Assert.True(limit.TryEnter());
        Assert.Equal(1, limit.InUse);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_limit_of_nothing_is_refused(int max) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConcurrencyLimit(max));

    [Fact]
    public void On_many_threads_it_holds_and_nothing_stays_inside()
    {
        var limit = new ConcurrencyLimit(3);
        var inside = 0;
        var most = 0;
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                if (limit.TryEnter())
                {
                    var now = Interlocked.Increment(ref inside);
                    if (now > Volatile.Read(ref most))
                    {
                        Volatile.Write(ref most, now);
                    }
                    Interlocked.Decrement(ref inside);
                    limit.Exit();
                }
            }
        });
        Assert.InRange(most, 1, 3);
        Assert.Equal(0, limit.InUse);
    }
}
