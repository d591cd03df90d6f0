using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Model;

public class EjectionTests
{
    private static TestCatalog World() => TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a"), Up("b"));

    private static Endpoint First(TestCatalog world) => world["api"].Snapshot.Endpoints[0].Endpoint;

    [Fact]
    public void A_failed_connection_takes_the_endpoint_out_for_a_second()
    {
        using var world = World();
        world.Observer.Take();
        Fail(First(world));
        Assert.Equal("!a b", world.Show("api"));
        Assert.Equal(Unavailability.Ejected, world["api"].Snapshot.Endpoints[0].Unavailability);
        world.Time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal("!a b", world.Show("api"));
        world.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("a b", world.Show("api"));
        Assert.Equal(["api ~ n/a (connect failed 1 times in a row)", "api ~ n/a"], world.Observer.Take());
    }

    [Fact]
    public void The_time_doubles_with_each_failure_in_a_row_up_to_half_a_minute()
    {
        using var world = World();
        var endpoint = First(world);
        foreach (var expected in new[] { 1, 2, 4, 8, 16, 30, 30, 30 })
        {
            Fail(endpoint);
            world.Pass(expected - 1);
            Assert.Equal("!a b", world.Show("api"));
            world.Pass(1);
            Assert.Equal("a b", world.Show("api"));
        }
        Assert.Equal(8, endpoint.ConnectFailures);
        Assert.Equal(8, endpoint.Failures);
    }

    [Fact]
    public void Failures_at_the_same_time_are_one()
    {
        using var world = World();
        var endpoint = First(world);
        Parallel.For(0, 100, _ => Fail(endpoint));
        Assert.Equal(1, endpoint.ConnectFailures);
        Assert.Equal(100, endpoint.Failures);
        world.Pass(1);
        Assert.Equal("a b", world.Show("api"));
    }

    [Fact]
    public void Several_endpoints_come_back_each_in_its_time()
    {
        using var world = World();
        var (a, b) = (First(world), world["api"].Snapshot.Endpoints[1].Endpoint);
        Fail(a);
        world.Pass(1);
        Fail(a);
        Fail(b);
        Assert.Equal("!a !b", world.Show("api"));
        world.Pass(1);
        Assert.Equal("!a b", world.Show("api"));
        world.Pass(1);
        Assert.Equal("a b", world.Show("api"));
    }

    [Fact]
    public void A_success_brings_it_back_and_the_time_starts_small_again()
    {
        using var world = World();
        var endpoint = First(world);
        Fail(endpoint);
        world.Pass(1);
        Fail(endpoint);
        End(endpoint, LeaseOutcome.Succeeded);
        Assert.Equal("a b", world.Show("api"));
        Assert.Equal(0, endpoint.ConnectFailures);
        Fail(endpoint);
        world.Pass(1);
        Assert.Equal("a b", world.Show("api"));
    }

    [Theory]
    [InlineData(LeaseOutcome.Succeeded)]
    [InlineData(LeaseOutcome.Failed)]
    [InlineData(LeaseOutcome.Canceled)]
    public void What_began_before_the_failure_brings_nothing_back(LeaseOutcome outcome)
    {
        using var world = World();
        var endpoint = First(world);
        var lease = Lease.Begin(endpoint);
        Fail(endpoint);
        lease.End(outcome);
        Assert.Equal("!a b", world.Show("api"));
        Assert.Equal(1, endpoint.ConnectFailures);
    }

    [Theory]
    [InlineData(LeaseOutcome.Failed)]
    [InlineData(LeaseOutcome.Canceled)]
    public void Only_a_success_brings_back(LeaseOutcome outcome)
    {
        using var world = World();
        Fail(First(world));
        End(First(world), outcome);
        Assert.Equal("!a b", world.Show("api"));
    }

    [Fact]
    public void A_step_of_the_wall_clock_does_not_prolong_it()
    {
        using var world = World();
        Fail(First(world));
        world.Time.Step = TimeSpan.FromHours(-1);
        world.Pass(1);
        Assert.Equal("a b", world.Show("api"));
    }

    [Fact]
    public void The_identity_and_the_verdict_live_across_snapshots()
    {
        using var world = World();
        var endpoint = First(world);
        Fail(endpoint);
        world.Open().Observe("api", Seen(Up("a", weight: 5), Up("b"), Up("c")));
        Assert.Same(endpoint, First(world));
        Assert.Equal("!a b c", world.Show("api"));
        Assert.Equal(1, endpoint.Total);
    }

    [Fact]
    public void At_another_address_it_is_another_endpoint_without_the_verdict()
    {
        using var world = World();
        var endpoint = First(world);
        Fail(endpoint);
        world.Observer.Take();
        world.Open().Observe("api", Seen(Up("a") with { Port = 81 }, Up("b")));
        Assert.NotSame(endpoint, First(world));
        Assert.Equal("a b", world.Show("api"));
        Assert.Equal(["api - n/a", "api + n/a"], world.Observer.Take());
        var snapshot = world["api"].Snapshot;
        Fail(endpoint);
        world.Pass(5);
        Assert.Same(snapshot, world["api"].Snapshot);
    }

    [Fact]
    public void One_that_leaves_and_comes_back_starts_clean()
    {
        using var world = World();
        Fail(First(world));
        world.Open().Observe("api", Seen("b"));
        world.Open().Observe("api", Seen("a", "b"));
        Assert.Equal("a b", world.Show("api"));
    }

    [Fact]
    public void Two_services_that_share_an_address_have_two_verdicts()
    {
        using var world = World();
        world.Open().Observe("web", Seen("a", "b"));
        Fail(First(world));
        Assert.Equal("!a b", world.Show("api"));
        Assert.Equal("a b", world.Show("web"));
    }

    [Fact]
    public void When_all_are_ejected_they_are_tried_rather_than_none()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.LeastRequest, Up("a"), Up("b"), Up("c", state: SourceState.Critical));
        foreach (var state in world["api"].Snapshot.Endpoints)
        {
            Fail(state.Endpoint);
        }
        Assert.Equal(0, world["api"].Snapshot.AvailableCount);
        var picked = Picks.Take(world["api"], 100).Distinct().Order();
        Assert.Equal(["a", "b"], picked);
    }
}
