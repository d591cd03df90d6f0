using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Health;

public class PanicTests
{
    private static readonly ObservedEndpoint[] s_endpoints =
    [
        Up("a"), Up("b", 1, 1), Up("c", state: SourceState.Critical), Up("d", state: SourceState.Critical),
        Up("drained", state: SourceState.Drain), Up("silent", 0), Up("e", state: SourceState.Critical),
    ];

    private static TestCatalog World(int threshold, PanicAction action, params ReadOnlySpan<ObservedEndpoint> endpoints) =>
        TestCatalog.Of(new ServicePolicy { PanicThreshold = threshold, Panic = action }, endpoints);

    private static string Picked(TestCatalog world) => string.Join(' ', Picks.Take(world["api"], 100).Distinct().Order());

    [Theory]
    [InlineData(0, false)]
    [InlineData(40, false)]
    [InlineData(41, true)]
    [InlineData(100, true)]
    public void Below_the_threshold_of_those_that_are_wanted_it_panics(int threshold, bool expected)
    {
        using var world = World(threshold, PanicAction.Spread, s_endpoints);
        Assert.Equal(expected, world["api"].Snapshot.IsInPanic);
        // Priority 1 is only for when nobody of priority 0 is available; in a panic everybody is asked.
        Assert.Equal(expected ? "a b c d e" : "a", Picked(world));
    }

    [Fact]
    public void Failing_fast_asks_nobody_until_enough_are_back()
    {
        using var world = World(50, PanicAction.FailFast, Up("a"), Up("b", state: SourceState.Critical), Up("c", state: SourceState.Critical));
        Assert.True(world["api"].Snapshot.IsInPanic);
        Assert.Empty(Picks.Tries(world["api"].Snapshot.PickerFor("")!));
        world.Observer.Take();
        world.Open().Observe("api", Seen(Up("a"), Up("b"), Up("c", state: SourceState.Critical)));
        Assert.False(world["api"].Snapshot.IsInPanic);
        Assert.Equal("a b", Picked(world));
        Assert.Equal(["api ~ n/b", "api is calm"], world.Observer.Take());
    }

    [Fact]
    public void By_default_it_panics_when_nobody_is_left_and_the_ejected_are_tried_all_the_same()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a"), Up("b", state: SourceState.Critical));
        Assert.False(world["api"].Snapshot.IsInPanic);
        world.Observer.Take();
        Fail(world.Endpoint("a"));
        Assert.True(world["api"].Snapshot.IsInPanic);
        Assert.Equal(["api ~ n/a (connect failed 1 times in a row)", "api panics"], world.Observer.Take());
        Assert.Equal("a", Picked(world));
        world.Open().Observe("api", Seen(Up("a", state: SourceState.Critical), Up("b", state: SourceState.Critical)));
        Assert.Empty(Picks.Tries(world["api"].Snapshot.PickerFor("")!));
    }

    [Fact]
    public void Spreading_asks_the_critical_when_nobody_is_left()
    {
        using var world = World(0, PanicAction.Spread, Up("a", state: SourceState.Critical), Up("b"), Up("c", state: SourceState.Drain));
        Fail(world.Endpoint("b"));
        Assert.Equal("a b", Picked(world));
    }

    [Theory]
    [InlineData(PanicAction.FailFast)]
    [InlineData(PanicAction.Spread)]
    public void Where_all_are_out_on_purpose_there_is_no_panic_and_nobody_to_ask(PanicAction action)
    {
        using var world = World(50, action, Up("a", state: SourceState.Drain), Up("b", 0));
        Assert.False(world["api"].Snapshot.IsInPanic);
        Assert.Empty(Picks.Tries(world["api"].Snapshot.PickerFor("")!));
        using var empty = World(50, action);
        Assert.False(empty["api"].Snapshot.IsInPanic);
    }

    [Fact]
    public void The_endpoints_of_a_tag_are_judged_by_themselves()
    {
        using var world = World(50, PanicAction.Spread,
            Up("a", 1, 0, SourceState.Passing, "v1"), Up("b", 1, 0, SourceState.Passing, "v1"), Up("c", 1, 0, SourceState.Critical, "v2"));
        Assert.False(world["api"].Snapshot.IsInPanic);
        Assert.Equal("a b", Picked(world));
        Assert.Equal(["c"], Picks.Take(world["api"], 1, "v2"));
    }

    [Theory]
    [MemberData(nameof(Algorithms.All), MemberType = typeof(Algorithms))]
    public void Every_algorithm_spreads(BalanceAlgorithm balance)
    {
        using var world = TestCatalog.Of(new ServicePolicy { Balance = balance, Panic = PanicAction.Spread, PanicThreshold = 90, EndpointLimits = new() { MaxRequests = 1 } }, s_endpoints);
        var random = new Random(1);
        var seen = new HashSet<string>();
        for (var i = 0; i < 200; i++)
        {
            var endpoint = world["api"].Snapshot.PickerFor("")!.PickOne((ulong)random.NextInt64()).Endpoint;
            Lease.Begin(endpoint);
            seen.Add(endpoint.Id.ServiceId);
        }
        Assert.Equal(["a", "b", "c", "d", "e"], seen.Order());
    }
}
