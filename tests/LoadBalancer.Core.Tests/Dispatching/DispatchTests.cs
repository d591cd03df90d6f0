using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Dispatching;

public class DispatchTests
{
    [Fact]
    public void What_was_not_sent_is_tried_on_every_other_endpoint_and_on_none_twice()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a"), Up("b"), Up("c"));
        var dispatch = Begin(world);
        var tried = new HashSet<Endpoint>();
        while (dispatch.Next() is { } endpoint)
        {
            Assert.True(tried.Add(endpoint));
            Assert.True(dispatch.TryAgain(AttemptFailure.Connect, isRepeatable: false, world.Time));
        }
        Assert.Equal(3, tried.Count);
        Assert.Equal(AttemptFailure.Connect, dispatch.Failure);
        Assert.All(tried, static endpoint => Assert.Equal((0, 1L), (endpoint.InFlight, endpoint.Failures)));
    }

    [Fact]
    public void Connecting_goes_on_until_the_client_has_waited_twice_the_limit()
    {
        using var world = TestCatalog.Of(new ServicePolicy { Timeouts = new TimeoutOptions { Connect = TimeSpan.FromSeconds(2) } }, Up("a"), Up("b"), Up("c"));
        var dispatch = Begin(world);
        dispatch.Next();
        world.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(dispatch.TryAgain(AttemptFailure.Connect, isRepeatable: true, world.Time));
        dispatch.Next();
        world.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(dispatch.TryAgain(AttemptFailure.Connect, isRepeatable: true, world.Time));
    }

    [Theory]
    [InlineData(AttemptFailure.Reset, true, true)]
    [InlineData(AttemptFailure.Reset, false, false)]
    [InlineData(AttemptFailure.Timeout, true, false)]
    [InlineData(AttemptFailure.Malformed, true, false)]
    [InlineData(AttemptFailure.Broken, true, false)]
    [InlineData(AttemptFailure.Client, true, false)]
    [InlineData(AttemptFailure.ClientTimeout, true, false)]
    public void After_something_was_sent_only_a_repeatable_request_is_sent_again(AttemptFailure failure, bool isRepeatable, bool again)
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a"), Up("b"));
        var dispatch = Begin(world);
        var first = dispatch.Next();
        Assert.Equal(again, dispatch.TryAgain(failure, isRepeatable, world.Time));
        if (again)
        {
            Assert.NotSame(first, dispatch.Next());
            Assert.False(dispatch.TryAgain(failure, isRepeatable, world.Time), "one retry is the default");
        }
    }

    [Fact]
    public void The_only_endpoint_is_asked_once_more_after_a_reset_but_not_after_a_refused_connection()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a"));
        var reset = Begin(world);
        var endpoint = reset.Next();
        Assert.True(reset.TryAgain(AttemptFailure.Reset, isRepeatable: true, world.Time));
        Assert.Same(endpoint, reset.Next());
        reset.End(LeaseOutcome.Succeeded);
        var refused = Begin(world);
        refused.Next();
        refused.TryAgain(AttemptFailure.Connect, isRepeatable: true, world.Time);
        Assert.Null(refused.Next());
        Assert.Equal(0, endpoint!.InFlight);
    }

    [Fact]
    public void A_shortage_of_this_machine_is_no_fault_of_the_endpoint()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a"));
        var dispatch = Begin(world);
        var endpoint = dispatch.Next()!;
        Assert.True(dispatch.TryAgain(AttemptFailure.Shortage, isRepeatable: false, world.Time));
        Assert.Null(dispatch.Next());
        Assert.Equal((0L, true), (endpoint.Failures, world["api"].Snapshot.Endpoints[0].IsAvailable));
        Assert.Same(Refusal.Shortage, Refusal.Of(dispatch.Failure));
    }

    [Fact]
    public void Nothing_stays_in_flight_when_it_ends_twice_or_without_an_attempt()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a"));
        var dispatch = Begin(world);
        dispatch.End(LeaseOutcome.Canceled);
        var endpoint = dispatch.Next()!;
        dispatch.End(LeaseOutcome.Succeeded);
        dispatch.End(LeaseOutcome.Canceled);
        Assert.Equal(0, endpoint.InFlight);
    }

    private static Dispatch Begin(TestCatalog world)
    {
        var dispatch = new Dispatch();
        dispatch.Begin(world["api"], [], world.Time.GetTimestamp());
        return dispatch;
    }
}
