using CsCheck;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Resilience;

public class RetryBudgetTests
{
    private readonly SteppedClock _time = new();

    [Fact]
    public void Retries_are_a_fifth_of_the_recent_requests()
    {
        var budget = Budget(0.2, 0);
        Assert.Equal(0, Withdrawn(budget, 5));
        Deposit(budget, 100);
        Assert.Equal(20, Withdrawn(budget, 50));
        Assert.Equal(35, budget.Refused);
        Deposit(budget, 10);
        Assert.Equal(2, Withdrawn(budget, 50));
    }

    [Fact]
    public void A_few_per_second_are_always_allowed_also_all_at_once()
    {
        var budget = Budget(0.2, 3);
        for (var second = 0; second < 20; second++)
        {
            Assert.Equal(3, Withdrawn(budget, 3));
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        _time.Advance(RetryBudget.Window);
        Assert.Equal(30, Withdrawn(budget, 100));
        _time.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal(0, Withdrawn(budget, 100));
        Deposit(budget, 10);
        Assert.Equal(2, Withdrawn(budget, 100));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(30, Withdrawn(budget, 100));
    }

    [Fact]
    public void Requests_of_long_ago_do_not_count()
    {
        var budget = Budget(0.2, 0);
        Deposit(budget, 100);
        _time.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal(1, Withdrawn(budget, 1));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(0, Withdrawn(budget, 1));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, Withdrawn(budget, 1));
    }

    [Theory]
    [InlineData(-0.1, 0)]
    [InlineData(1.1, 0)]
    [InlineData(double.NaN, 0)]
    [InlineData(0.2, -1)]
    public void A_budget_that_means_nothing_is_refused(double ratio, int minimum) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Budget(ratio, minimum));

    [Fact]
    public void Over_any_traffic_it_adds_no_more_than_its_share() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 40], Gen.Int[0, 40], Gen.Int[0, 4000]).Array[1, 200].Sample(static steps =>
        {
            var time = new SteppedClock();
            var minimum = steps[0].Item1;
            var budget = new RetryBudget(new RetryBudgetOptions { Ratio = 0.2, MinimumPerSecond = minimum }, time);
            var (requests, retries, milliseconds) = (0, 0, 0L);
            foreach (var (_, arrivals, attempts, gap) in steps)
            {
                for (var i = 0; i < arrivals; i++)
                {
                    budget.Deposit(time.GetTimestamp());
                    requests++;
                }
                for (var i = 0; i < attempts; i++)
                {
                    retries += budget.TryWithdraw(time.GetTimestamp()) ? 1 : 0;
                }
                Assert.True(retries <= (0.2 * requests) + (10 * minimum * (1 + (milliseconds / 9000.0))), $"{retries} of {requests} in {milliseconds} ms");
                var pause = gap < 3000 ? gap % 300 : gap;
                time.Advance(TimeSpan.FromMilliseconds(pause));
                milliseconds += pause;
            }
        }, iter: 1000);

    [Fact]
    public void Threads_share_it_exactly()
    {
        var budget = Budget(0.2, 0);
        var now = _time.GetTimestamp();
        Parallel.For(0, 10_000, _ => budget.Deposit(now));
        var withdrawn = 0;
        Parallel.For(0, 10_000, _ => Interlocked.Add(ref withdrawn, budget.TryWithdraw(now) ? 1 : 0));
        Assert.Equal(2000, withdrawn);
    }

    [Fact]
    public void Nothing_is_lost_while_the_window_slides_under_many_threads()
    {
        var count = new SlidingCount(TimeSpan.FromSeconds(10), _time);
        var start = _time.GetTimestamp();
        // Over nine seconds in all: everything stays within the window.
        Parallel.For(0, 90_000, i => count.Add(i % 3 == 0 ? PairCount.OneEvent + PairCount.OneMarked : PairCount.OneEvent, start + (i * 1000L)));
        var window = count.Read(start + 90_000_000);
        Assert.Equal((90_000u, 30_000u), (window.Events, window.Marked));
    }

    private RetryBudget Budget(double ratio, int minimum) =>
        new(new RetryBudgetOptions { Ratio = ratio, MinimumPerSecond = minimum }, _time);

    private void Deposit(RetryBudget budget, int requests)
    {
        for (var i = 0; i < requests; i++)
        {
            budget.Deposit(_time.GetTimestamp());
        }
    }

    private int Withdrawn(RetryBudget budget, int tries) =>
        Enumerable.Range(0, tries).Count(_ => budget.TryWithdraw(_time.GetTimestamp()));
}
