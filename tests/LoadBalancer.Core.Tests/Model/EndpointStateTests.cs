using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Model;

public class EndpointStateTests
{
    [Theory]
    [InlineData(SourceState.Passing, 1, Unavailability.None, null)]
    [InlineData(SourceState.Warning, 1, Unavailability.None, "warning")]
    [InlineData(SourceState.Drain, 1, Unavailability.Drain, "drain")]
    [InlineData(SourceState.Critical, 1, Unavailability.Critical, "critical")]
    [InlineData(SourceState.Passing, 0, Unavailability.NoWeight, "weight 0")]
    [InlineData(SourceState.Passing, -3, Unavailability.NoWeight, "weight 0")]
    [InlineData(SourceState.Critical, 0, Unavailability.Critical | Unavailability.NoWeight, "critical; weight 0")]
    public void Each_input_keeps_its_own_bit_and_reason(SourceState state, int weight, Unavailability expected, string? reason)
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a", weight, 0, state));
        var actual = Assert.Single(world["api"].Snapshot.Endpoints);
        Assert.Equal(expected, actual.Unavailability);
        Assert.Equal(reason, actual.Reason);
        Assert.Equal(expected == Unavailability.None, actual.IsAvailable);
        var context = new PickContext();
        Assert.Equal(actual.IsAvailable, world["api"].Snapshot.PickerFor("")!.Pick(ref context) is not null);
    }

    [Fact]
    public void The_reason_of_the_source_comes_first_and_none_hides_another()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a", 0, 0, SourceState.Drain) with { Reason = "maintenance: new disk" });
        var endpoint = world["api"].Snapshot.Endpoints[0].Endpoint;
        Fail(endpoint);
        Assert.Equal("maintenance: new disk; weight 0; connect failed 1 times in a row", world["api"].Snapshot.Endpoints[0].Reason);
    }

    [Fact]
    public void While_warning_the_warning_weight_is_in_force()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a", 9, 0, SourceState.Warning) with { WarningWeight = 2 }, Up("b", 3));
        Assert.Equal([2, 3], world["api"].Snapshot.Endpoints.Select(static state => state.Weight));

        using var silent = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a", 9, 0, SourceState.Warning) with { WarningWeight = 0 });
        Assert.Equal(Unavailability.NoWeight, silent["api"].Snapshot.Endpoints[0].Unavailability);
    }

    [Fact]
    public void Every_input_must_agree_before_it_is_available_again()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a", "b"));
        Fail(world["api"].Snapshot.Endpoints[0].Endpoint);
        feed.Observe("api", Seen(Up("a", state: SourceState.Critical), Up("b")));
        feed.Observe("api", Seen("a", "b"));
        Assert.Equal("!a b", world.Show("api"));
        world.Pass(1);
        Assert.Equal("a b", world.Show("api"));
    }

    [Fact]
    public void The_datacenter_outlives_the_last_endpoint()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Up("a") with { Datacenter = "dc1" }));
        feed.Observe("api", Nothing);
        Assert.Equal("dc1", world["api"].Snapshot.Datacenter);
    }
}
