using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Dispatching;

/// <summary>Which attempts follow the first one.</summary>
public class RetryTests
{
    /// <summary>One retry for each request so far.</summary>
    private static readonly RetryBudgetOptions s_one = new() { Ratio = 1, MinimumPerSecond = 0 };

    [Fact]
    public void Each_attempt_asks_another_endpoint_until_the_attempts_are_used_up()
    {
        using var world = World(new RetryPolicy { Attempts = 3 }, "a", "b", "c", "d", "e");
        var dispatch = Begin(world);
        var asked = new List<Endpoint>();
        do
        {
            asked.Add(dispatch.Next()!);
        }
        while (dispatch.TryAgain(AttemptFailure.Reset, isRepeatable: true, world.Time));
        Assert.Equal((4, 4), (asked.Count, asked.Distinct().Count()));
        AssertIdle(world);
    }

    [Fact]
    public void With_more_attempts_than_endpoints_the_last_one_is_asked_again_after_a_reset()
    {
        using var world = World(new RetryPolicy { Attempts = 7, Budget = null }, "a", "b");
        var dispatch = Begin(world);
        var asked = new List<string>();
        do
        {
            asked.Add(dispatch.Next()!.Id.ServiceId);
        }
        while (dispatch.TryAgain(AttemptFailure.Reset, isRepeatable: true, world.Time));
        Assert.Equal(["a", "b", "b", "b", "b", "b", "b", "b"], asked);
        AssertIdle(world);
    }

    [Fact]
    public void After_a_timeout_another_endpoint_is_asked_where_the_policy_says_so_but_never_the_same()
    {
        using var off = World(new RetryPolicy(), "a", "b");
        Assert.False(TryAgain(off, AttemptFailure.Timeout));
        using var on = World(new RetryPolicy { OnTimeout = true }, "a", "b");
        Assert.True(TryAgain(on, AttemptFailure.Timeout));
        using var alone = World(new RetryPolicy { OnTimeout = true, Budget = s_one }, "a");
        Assert.False(TryAgain(alone, AttemptFailure.Timeout));
        Assert.True(alone["api"].RetryState!.Budget!.TryWithdraw(alone.Time.GetTimestamp()), "nothing was drawn in vain");
    }

    [Theory]
    [InlineData(AttemptFailure.Connect)]
    [InlineData(AttemptFailure.Reset)]
    public void A_condition_that_is_left_out_ends_the_request(AttemptFailure failure)
    {
        using var world = World(new RetryPolicy { OnConnectFailure = false, OnReset = false, OnTimeout = true }, "a", "b");
        Assert.False(TryAgain(world, failure));
        AssertIdle(world);
    }

    [Fact]
    public void An_answer_with_a_chosen_status_is_replaced_while_there_is_another_endpoint_and_the_last_one_stands()
    {
        using var world = World(new RetryPolicy { Attempts = 5, OnStatuses = new StatusSet(503) }, "a", "b", "c");
        var dispatch = Begin(world);
        var first = dispatch.Next()!;
        Assert.True(dispatch.TryAnother(503, isRepeatable: true, world.Time));
        var second = dispatch.Next()!;
        Assert.NotSame(first, second);
        Assert.Equal((0, 1), (first.InFlight, second.InFlight));
        Assert.False(dispatch.TryAnother(500, isRepeatable: true, world.Time), "not chosen");
        Assert.False(dispatch.TryAnother(503, isRepeatable: false, world.Time), "not safe");
        Assert.True(dispatch.TryAnother(503, isRepeatable: true, world.Time));
        dispatch.Next();
        Assert.False(dispatch.TryAnother(503, isRepeatable: true, world.Time), "nobody is left");
        Assert.Equal(1, world["api"].Snapshot.Endpoints.Sum(static state => state.Endpoint.InFlight));
        dispatch.End(LeaseOutcome.Succeeded);
        AssertIdle(world);
        Assert.All(world["api"].Snapshot.Endpoints, static state => Assert.Equal(0, state.Endpoint.Failures));
    }

    [Fact]
    public void Statuses_share_the_attempts_and_the_budget_with_the_other_conditions()
    {
        using var world = World(new RetryPolicy { OnStatuses = new StatusSet(503) }, "a", "b", "c");
        var dispatch = Begin(world);
        dispatch.Next();
        Assert.True(dispatch.TryAgain(AttemptFailure.Reset, isRepeatable: true, world.Time));
        dispatch.Next();
        Assert.False(dispatch.TryAnother(503, isRepeatable: true, world.Time));
        dispatch.End(LeaseOutcome.Succeeded);

        using var poor = World(new RetryPolicy { Attempts = 5, OnStatuses = new StatusSet(503), Budget = s_one }, "a", "b", "c");
        var second = Begin(poor);
        second.Next();
        Assert.True(second.TryAgain(AttemptFailure.Reset, isRepeatable: true, poor.Time));
        second.Next();
        Assert.False(second.TryAnother(503, isRepeatable: true, poor.Time));
        second.End(LeaseOutcome.Succeeded);
        AssertIdle(poor);
    }

    [Fact]
    public void The_budget_is_on_by_default_and_follows_the_requests()
    {
        using var world = World(new RetryPolicy(), "a", "b");
        var retries = 0;
        for (var i = 0; i < 1000; i++)
        {
            retries += TryAgain(world, AttemptFailure.Reset) ? 1 : 0;
        }
        Assert.Equal(300, retries);
    }

    [Fact]
    public void What_could_not_be_sent_neither_draws_on_the_budget_nor_counts_as_an_attempt()
    {
        using var world = World(new RetryPolicy { Budget = new RetryBudgetOptions { Ratio = 0, MinimumPerSecond = 0 } }, "a", "b", "c", "d");
        var dispatch = Begin(world);
        for (var i = 0; i < 4; i++)
        {
            Assert.NotNull(dispatch.Next());
            Assert.True(dispatch.TryAgain(AttemptFailure.Connect, isRepeatable: false, world.Time));
        }
        Assert.Null(dispatch.Next());
        Assert.Equal(0, world["api"].RetryState!.Budget!.Refused);
    }

    [Fact]
    public void When_the_time_of_the_whole_request_is_over_nothing_is_tried_any_more()
    {
        using var world = Of(
            new ServicePolicy
            {
                Timeouts = new TimeoutOptions { Request = TimeSpan.FromSeconds(1) },
                Retry = new RetryPolicy { OnStatuses = new StatusSet(503) },
            },
            Up("a"), Up("b"), Up("c"), Up("d"));
        foreach (var failure in new[] { AttemptFailure.Connect, AttemptFailure.Reset })
        {
            var dispatch = Begin(world);
            dispatch.Next();
            world.Time.Advance(TimeSpan.FromMilliseconds(999));
            Assert.True(dispatch.TryAgain(failure, isRepeatable: true, world.Time));
            dispatch.Next();
            world.Time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.False(dispatch.TryAnother(503, isRepeatable: true, world.Time));
            Assert.False(dispatch.TryAgain(failure, isRepeatable: true, world.Time));
        }
        AssertIdle(world);
    }

    [Fact]
    public void Eight_endpoints_are_tried_whatever_the_mixture_of_failures()
    {
        using var world = World(new RetryPolicy { Attempts = 7, Budget = null, Hedge = new HedgeOptions() }, [.. Ids(20)]);
        var dispatch = Begin(world);
        var asked = new HashSet<Endpoint>();
        for (var i = 0; dispatch.Next() is { } endpoint; i++)
        {
            asked.Add(endpoint);
            if (i == 2)
            {
                var hedge = dispatch.TryHedge(world.Time)!;
                asked.Add(hedge.Endpoint);
                hedge.End(LeaseOutcome.Canceled);
            }
            if (!dispatch.TryAgain(i % 2 == 0 ? AttemptFailure.Connect : AttemptFailure.Reset, isRepeatable: true, world.Time))
            {
                break;
            }
        }
        Assert.Equal(PickContext.MaxTries, asked.Count);
        AssertIdle(world);
    }

    [Fact]
    public void A_hedge_goes_to_another_endpoint_once_and_the_loser_of_the_two_says_nothing()
    {
        using var world = World(new RetryPolicy { Hedge = new HedgeOptions() }, "a", "b", "c");
        var dispatch = Begin(world);
        var first = dispatch.Next()!;
        var hedge = dispatch.TryHedge(world.Time)!;
        Assert.NotSame(first, hedge.Endpoint);
        Assert.Equal((1, 1), (first.InFlight, hedge.Endpoint.InFlight));
        Assert.Null(dispatch.TryHedge(world.Time));

        dispatch.Take(hedge, LeaseOutcome.Canceled);
        hedge.End(LeaseOutcome.Failed);
        Assert.Equal((0, 1), (first.InFlight, hedge.Endpoint.InFlight));

        // A retry goes to neither of them.
        Assert.True(dispatch.TryAgain(AttemptFailure.Reset, isRepeatable: true, world.Time));
        Assert.DoesNotContain(dispatch.Next(), (Endpoint[])[first, hedge.Endpoint]);
        dispatch.End(LeaseOutcome.Succeeded);
        AssertIdle(world);
        Assert.Equal((0L, 1L), (first.Failures, hedge.Endpoint.Failures));
    }

    [Fact]
    public void A_hedge_needs_another_endpoint_and_draws_on_the_budget()
    {
        using var alone = World(new RetryPolicy { Hedge = new HedgeOptions() }, "a");
        var dispatch = Begin(alone);
        dispatch.Next();
        Assert.Null(dispatch.TryHedge(alone.Time));
        dispatch.End(LeaseOutcome.Succeeded);

        using var poor = World(new RetryPolicy { Hedge = new HedgeOptions(), Budget = s_one }, "a", "b");
        var first = Begin(poor);
        first.Next();
        first.TryHedge(poor.Time)!.End(LeaseOutcome.Canceled);
        Assert.False(first.TryAgain(AttemptFailure.Reset, isRepeatable: true, poor.Time), "the hedge took it");
        AssertIdle(poor);
    }

    [Fact]
    public void A_request_that_needs_no_retry_allocates_nothing()
    {
        using var world = World(new RetryPolicy { OnStatuses = new StatusSet(503) }, "a", "b");
        var service = world["api"];
        var allocated = 0L;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 5000; i++)
            {
                var dispatch = new Dispatch();
                dispatch.Begin(service, [], 0);
                dispatch.Next();
                dispatch.TryAnother(200, isRepeatable: true, world.Time);
                dispatch.Answered();
                dispatch.End(LeaseOutcome.Succeeded);
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
    }

    private static TestCatalog World(RetryPolicy retry, params string[] ids) =>
        Of(new ServicePolicy { Retry = retry }, [.. ids.Select(static id => Up(id))]);

    private static bool TryAgain(TestCatalog world, AttemptFailure failure)
    {
        var dispatch = Begin(world);
        dispatch.Next();
        return dispatch.TryAgain(failure, isRepeatable: true, world.Time);
    }

    private static void AssertIdle(TestCatalog world) =>
        Assert.All(world["api"].Snapshot.Endpoints, static state => Assert.Equal(0, state.Endpoint.InFlight));

    private static Dispatch Begin(TestCatalog world)
    {
        var dispatch = new Dispatch();
        dispatch.Begin(world["api"], [], world.Time.GetTimestamp());
        return dispatch;
    }
}
