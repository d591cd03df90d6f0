using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Orders;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Health.Orders;

public class OrderTests
{
    private static readonly EndpointId s_a = new("n", "a");

    [Theory]
    [InlineData(OrderState.Drain, Unavailability.OrderedDrain, "ordered to drain by the operator at 2000-01-01 00:00Z")]
    [InlineData(OrderState.Maintenance, Unavailability.OrderedMaintenance, "ordered into maintenance by the operator at 2000-01-01 00:00Z")]
    public void An_endpoint_that_is_ordered_away_gets_nothing_and_says_why(OrderState state, Unavailability bit, string reason)
    {
        using var world = Of(BalanceAlgorithm.RoundRobin, Up("a"), Up("b"));
        var a = world["api"].Snapshot.Endpoints[0].Endpoint;
        world.Observer.Take();

        Order(world, state);

        var ordered = world["api"].Snapshot.Endpoints[0];
        Assert.Equal((bit, reason), (ordered.Unavailability, ordered.Reason));
        Assert.Same(a, ordered.Endpoint);
        Assert.Equal([$"api ~ n/a ({reason})"], world.Observer.Take());
        Assert.All(Picks.Take(world["api"], 10), static id => Assert.Equal("b", id));
        Order(world, OrderState.Ready);
        Assert.Equal("a b", world.Show("api"));
        Assert.Null(world["api"].Snapshot.Endpoints[0].Reason);
        Assert.Empty(world["api"].Snapshot.Orders);
    }

    [Theory]
    [MemberData(nameof(Algorithms.All), MemberType = typeof(Algorithms))]
    public void When_all_are_ordered_away_nobody_is_tried_not_even_as_the_last_resort(BalanceAlgorithm balance)
    {
        using var world = Of(balance, Up("a"), Up("b"));
        Fail(world["api"].Snapshot.Endpoints[0].Endpoint);
        world.Catalog.Order("api", [s_a, new EndpointId("n", "b")], new OperatorOrder(OrderState.Drain, null, world.Time.GetUtcNow()));

        Assert.Equal(Unavailability.Ejected | Unavailability.OrderedDrain, world["api"].Snapshot.Endpoints[0].Unavailability);
        Assert.Empty(Picks.Tries(world["api"].Snapshot.PickerFor("")!, hash: 1));
    }

    [Fact]
    public void Every_input_keeps_its_own_bit()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Up("a", state: SourceState.Drain)));
        Order(world, OrderState.Drain);
        Assert.Equal(Unavailability.Drain | Unavailability.OrderedDrain, Only(world).Unavailability);
        Assert.Equal("drain; ordered to drain by the operator at 2000-01-01 00:00Z", Only(world).Reason);

        feed.Observe("api", Seen(Up("a", state: SourceState.Critical)));
        Assert.Equal(Unavailability.Critical | Unavailability.OrderedDrain, Only(world).Unavailability);

        feed.Observe("api", Seen("a"));
        Assert.Equal(Unavailability.OrderedDrain, Only(world).Unavailability);
        Assert.Equal("ordereddrain", Only(world).ToString());

        feed.Observe("api", Seen(Up("a", state: SourceState.Drain)));
        Order(world, OrderState.Ready);
        Assert.Equal(Unavailability.Drain, Only(world).Unavailability);
    }

    [Fact]
    public void Its_own_recovery_ends_no_order()
    {
        using var world = Of(BalanceAlgorithm.RoundRobin, Up("a"), Up("b"));
        var a = world["api"].Snapshot.Endpoints[0].Endpoint;
        Fail(a);
        Order(world, OrderState.Maintenance);
        world.Pass(1);
        Assert.Equal("!a b", world.Show("api"));
        End(a, LeaseOutcome.Succeeded);
        Assert.Equal(Unavailability.OrderedMaintenance, world["api"].Snapshot.Endpoints[0].Unavailability);
    }

    [Fact]
    public void The_ordered_weight_takes_the_place_of_the_sources()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Up("a", weight: 1), Up("b", weight: 1)));
        Order(world, OrderState.Ready, 3);
        Assert.Equal("weight 3 ordered by the operator at 2000-01-01 00:00Z", world["api"].Snapshot.Endpoints[0].Reason);
        Assert.Equal(30, Picks.Take(world["api"], 40).Count(static id => id == "a"));

        feed.Observe("api", Seen(Up("a", weight: 7) with { State = SourceState.Warning, WarningWeight = 2 }, Up("b")));
        Assert.Equal((3, "warning"), (world["api"].Snapshot.Endpoints[0].Weight, $"{world["api"].Snapshot.Endpoints[0]}"));

        Order(world, OrderState.Ready, 0);
        Assert.Equal(Unavailability.NoWeight, world["api"].Snapshot.Endpoints[0].Unavailability);
        Assert.Equal("warning; weight 0 ordered by the operator at 2000-01-01 00:00Z", world["api"].Snapshot.Endpoints[0].Reason);

        Order(world, OrderState.Ready);
        Assert.Equal(2, world["api"].Snapshot.Endpoints[0].Weight);
    }

    [Fact]
    public void An_ordered_weight_gives_traffic_to_one_that_its_source_gives_none()
    {
        using var world = Of(BalanceAlgorithm.RoundRobin, Up("a", weight: 0));
        Assert.Equal("!a", world.Show("api"));
        Order(world, OrderState.Ready, 1);
        Assert.Equal("a", world.Show("api"));
    }

    [Fact]
    public void What_is_ordered_again_stays_since_then_and_changes_nothing()
    {
        using var world = Of(BalanceAlgorithm.RoundRobin, Up("a"));
        Order(world, OrderState.Drain);
        var before = world["api"].Snapshot;
        world.Pass(90);
        Order(world, OrderState.Drain);
        Order(world, OrderState.Ready, endpoint: new EndpointId("n", "nobody"));
        Assert.Same(before, world["api"].Snapshot);

        Order(world, OrderState.Drain, 4);
        Assert.Equal("ordered to drain with weight 4 by the operator at 2000-01-01 00:01Z", Only(world).Reason);
    }

    private static EndpointState Only(TestCatalog world) => Assert.Single(world["api"].Snapshot.Endpoints);

    private static void Order(TestCatalog world, OrderState state, int? weight = null, EndpointId? endpoint = null) =>
        world.Catalog.Order("api", [endpoint ?? s_a], new OperatorOrder(state, weight, world.Time.GetUtcNow()));
}
