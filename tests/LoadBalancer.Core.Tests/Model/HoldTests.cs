using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Model;

public class HoldTests
{
    private const string Doubt = "the index went backwards";

    private static Observation.Seen Doubtful(params string[] ids) => Seen(ids) with { Doubt = Doubt };

    private static (TestCatalog World, ISourceFeed Feed) Holding()
    {
        var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a", "b"));
        feed.Observe("api", Doubtful("b"));
        return (world, feed);
    }

    [Fact]
    public void What_a_doubtful_observation_lacks_is_held_and_shown_as_such()
    {
        var (world, _) = Holding();
        using (world)
        {
            Assert.Equal("a b", world.Show("api"));
            var held = world["api"].Snapshot.Endpoints[0];
            Assert.Equal(Doubt, held.Held);
            Assert.Equal($"held: {Doubt}", held.Reason);
            Assert.Null(world["api"].Snapshot.Endpoints[1].Held);
        }
    }

    [Fact]
    public void It_keeps_its_identity()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        var endpoint = world["api"].Snapshot.Endpoints[0].Endpoint;
        feed.Observe("api", Doubtful());
        Assert.Same(endpoint, world["api"].Snapshot.Endpoints[0].Endpoint);
    }

    [Fact]
    public void While_it_answers_it_stays_for_the_time_of_the_hold()
    {
        var (world, _) = Holding();
        using (world)
        {
            world.Pass(59);
            Assert.Equal("a b", world.Show("api"));
            Assert.Equal(59, world.Probe.Asked);
            world.Pass(1);
            Assert.Equal("b", world.Show("api"));
        }
    }

    [Fact]
    public void When_it_no_longer_answers_it_leaves_in_the_next_round()
    {
        var (world, _) = Holding();
        using (world)
        {
            world.Observer.Take();
            world.Probe.Silence("a.test");
            world.Pass(1);
            Assert.Equal("b", world.Show("api"));
            Assert.Equal(["api - n/a"], world.Observer.Take());
        }
    }

    [Fact]
    public void When_it_is_named_again_the_source_has_the_word()
    {
        var (world, feed) = Holding();
        using (world)
        {
            feed.Observe("api", Seen(Up("a", state: SourceState.Critical), Up("b")));
            Assert.Equal("!a b", world.Show("api"));
            Assert.Null(world["api"].Snapshot.Endpoints[0].Held);
            world.Pass(61);
            Assert.Equal("!a b", world.Show("api"));
        }
    }

    [Fact]
    public void Under_another_name_at_the_same_address_it_does_not_get_a_double_share()
    {
        var (world, feed) = Holding();
        using (world)
        {
            feed.Observe("api", Seen(Up("b"), Up("again") with { Host = "a.test" }));
            Assert.Equal("again b", world.Show("api"));
        }
    }

    [Fact]
    public void A_doubtful_observation_that_renames_everything_holds_nothing_twice()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a", "b"));
        feed.Observe("api", Seen(Up("new") with { Host = "a.test" }) with { Doubt = Doubt });
        Assert.Equal("b new", world.Show("api"));
    }

    [Fact]
    public void An_undoubted_observation_after_it_does_not_end_the_hold()
    {
        var (world, feed) = Holding();
        using (world)
        {
            feed.Observe("api", Seen("b", "c"));
            Assert.Equal("a b c", world.Show("api"));
        }
    }

    [Fact]
    public void An_endpoint_that_goes_undoubted_during_a_hold_leaves_at_once()
    {
        var (world, feed) = Holding();
        using (world)
        {
            feed.Observe("api", Nothing);
            Assert.Equal("a", world.Show("api"));
        }
    }

    [Fact]
    public void With_no_time_to_hold_nothing_is_held()
    {
        using var world = new TestCatalog(new CatalogOptions { HoldFor = TimeSpan.Zero });
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        feed.Observe("api", Doubtful());
        Assert.Empty(world["api"].Snapshot.Endpoints);
    }

    [Fact]
    public void A_late_verdict_of_a_probe_does_not_touch_who_is_named_again()
    {
        var (world, feed) = Holding();
        using (world)
        {
            var gate = new TaskCompletionSource();
            world.Probe.Gate = gate.Task;
            world.Probe.Silence("a.test");
            world.Pass(1);
            feed.Observe("api", Seen("a", "b"));
            gate.SetResult();
            Assert.Equal("a b", world.Show("api"));
        }
    }

    [Fact]
    public void Probes_that_hang_are_bounded_and_hold_up_neither_expiry_nor_forgetting()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Ids(1000)));
        feed.Observe("api", Doubtful());
        world.Probe.Gate = new TaskCompletionSource().Task;
        world.Pass(60);
        Assert.InRange(world.Probe.MostAtOnce, 2, 64);
        Assert.Empty(world["api"].Snapshot.Endpoints);
        world.Pass(600);
        Assert.Null(world.Catalog.Find("api"));
    }

    [Fact]
    public void A_step_of_the_wall_clock_ends_no_hold()
    {
        var (world, _) = Holding();
        using (world)
        {
            world.Time.Step = TimeSpan.FromHours(1);
            world.Pass(5);
            Assert.Equal("a b", world.Show("api"));
        }
    }

    [Fact]
    public void Closing_the_source_takes_the_held_along()
    {
        var (world, _) = Holding();
        using (world)
        {
            world.Catalog.Close("consul");
            Assert.Empty(world["api"].Snapshot.Endpoints);
            world.Pass(2);
            Assert.Equal(0, world.Probe.Asked);
        }
    }
}
