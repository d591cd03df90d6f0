using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Resilience;

public class RetryStateTests
{
    private readonly SteppedClock _time = new();

    [Fact]
    public void A_service_that_neither_repeats_nor_hedges_has_none()
    {
        Assert.Null(Next(null, new RetryPolicy { Attempts = 0 }));
        Assert.Null(Next(null, new RetryPolicy { OnReset = false }));
        Assert.Null(Next(null, new RetryPolicy { Budget = null }));
        Assert.NotNull(Next(null, new RetryPolicy()));
        Assert.NotNull(Next(null, new RetryPolicy { OnReset = false, OnStatuses = new StatusSet(503) }));
        Assert.NotNull(Next(null, new RetryPolicy { Attempts = 0, Hedge = new HedgeOptions() }));
    }

    [Fact]
    public void A_part_whose_options_stay_keeps_its_state()
    {
        var policy = new RetryPolicy { Hedge = new HedgeOptions(), OnStatuses = new StatusSet(502, 503) };
        var before = Next(null, policy)!;
        Assert.Same(before, Next(before, policy with { OnStatuses = new StatusSet(503, 502, 503) }));
        var after = Next(before, policy with { Attempts = 3, Hedge = new HedgeOptions { Percentile = 99 } })!;
        Assert.Same(before.Budget, after.Budget);
        Assert.NotSame(before.Hedge, after.Hedge);
    }

    [Fact]
    public void It_lives_across_snapshots()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        var state = world["api"].RetryState;
        Assert.NotNull(state?.Budget);
        feed.Observe("api", Seen("a", "b"));
        Assert.Same(state, world["api"].RetryState);
    }

    [Fact]
    public void The_delay_of_a_hedge_is_fixed_or_a_percentile_of_enough_latencies()
    {
        var fixedDelay = new HedgeDelay(new HedgeOptions { After = TimeSpan.FromMilliseconds(7) }, _time);
        Assert.Equal(TimeSpan.FromMilliseconds(7), fixedDelay.Read(_time.GetTimestamp()));
        var delay = new HedgeDelay(new HedgeOptions { Percentile = 90 }, _time);
        for (var i = 1; i < HedgeDelay.LeastSamples; i++)
        {
            delay.Record(TimeSpan.FromMilliseconds(i));
        }
        Assert.Null(delay.Read(_time.GetTimestamp()));
        delay.Record(TimeSpan.FromMilliseconds(HedgeDelay.LeastSamples));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(delay.Read(_time.GetTimestamp())!.Value.TotalMilliseconds, 90, 96);
    }

    [Fact]
    public void A_delay_below_a_millisecond_is_one_so_that_no_timer_makes_it_none()
    {
        var delay = new HedgeDelay(new HedgeOptions(), _time);
        for (var i = 0; i < HedgeDelay.LeastSamples; i++)
        {
            delay.Record(TimeSpan.FromMicroseconds(i % 2));
        }
        Assert.Equal(TimeSpan.FromMilliseconds(1), delay.Read(_time.GetTimestamp()));
    }

    [Fact]
    public void A_set_of_statuses_holds_what_it_was_made_of_and_nothing_else()
    {
        int[] some = [400, 408, 429, 500, 502, 503, 504, 527, 528, 599];
        var set = new StatusSet(some);
        Assert.All(Enumerable.Range(0, 1000), status => Assert.Equal(some.Contains(status), set.Contains(status)));
        Assert.True(default(StatusSet).IsEmpty);
        Assert.False(new StatusSet(599).IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new StatusSet(399));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new StatusSet(600));
    }

    private RetryState? Next(RetryState? before, RetryPolicy policy) => RetryState.Next(before, policy, _time);
}
