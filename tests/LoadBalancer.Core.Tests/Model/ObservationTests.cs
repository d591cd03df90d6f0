using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Model;

public class ObservationTests
{
    [Fact]
    public void What_comes_goes_and_changes_is_announced_with_the_reason()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a", "b"));
        Assert.Equal(["api + n/a", "api + n/b"], world.Observer.Take());

        feed.Observe("api", Seen(Up("b") with { State = SourceState.Critical, Reason = "check 'http' critical" }, Up("c")));
        Assert.Equal(["api - n/a", "api ~ n/b (check 'http' critical)", "api + n/c"], world.Observer.Take());
        Assert.Equal("!b c", world.Show("api"));
    }

    [Fact]
    public void The_same_again_in_any_order_makes_no_new_snapshot()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a", "b", "c"));
        var snapshot = world["api"].Snapshot;
        world.Pass(5);
        feed.Observe("api", Seen("c", "a", "b"));
        Assert.Same(snapshot, world["api"].Snapshot);
        Assert.Equal(world.Time.GetUtcNow(), world["api"].ConfirmedAt);
    }

    [Fact]
    public void An_identity_that_is_listed_twice_counts_once_and_breaks_nothing()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Up("b"), Up("a", weight: 3), Up("a", weight: 5)));
        feed.Observe("api", Seen("a", "a", "b", "c"));
        Assert.Equal("a b c", world.Show("api"));
    }

    [Fact]
    public void Checks_that_have_not_run_yet_take_nobody_out_who_was_in()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Up("a"), Up("b") with { State = SourceState.Critical }, Up("d")));
        feed.Observe("api", Seen(Untested("a"), Untested("b"), Untested("c"), Up("d")));
        Assert.Equal("a !b !c d", world.Show("api"));
        Assert.Equal("check 'http' has not run yet", world["api"].Snapshot.Endpoints[0].Reason);

        feed.Observe("api", Seen(Untested("a") with { Untested = null }, Up("b"), Up("c"), Untested("d") with { Host = "10.9.9.9" }));
        Assert.Equal("!a b c !d", world.Show("api"));

        // Held, because the registry came back empty, and then registered again.
        feed.Observe("api", Seen("c") with { Doubt = "the index went backwards" });
        feed.Observe("api", Seen(Untested("b"), Untested("c")));
        Assert.Equal("!a b c !d", world.Show("api"));

        static ObservedEndpoint Untested(string id) =>
            Up(id) with { State = SourceState.Critical, Untested = SourceState.Passing, Reason = "check 'http' has not run yet" };
    }

    [Fact]
    public void An_error_keeps_the_last_good_observation()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        world.Observer.Take();
        feed.Observe("api", new Observation.Failed("timeout"));
        feed.Observe("api", new Observation.Failed("no leader"));
        Assert.Equal("a", world.Show("api"));
        Assert.Equal("no leader", world["api"].Snapshot.SourceError);
        feed.Observe("api", Seen("a"));
        Assert.Null(world["api"].Snapshot.SourceError);
        Assert.Equal(["consul api: timeout", "consul api: ok"], world.Observer.Take());
    }

    [Fact]
    public void An_error_of_one_service_leaves_the_others_alone()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        feed.Observe("web", Seen("w"));
        var web = world["web"].Snapshot;
        feed.Observe("api", new Observation.Failed("timeout"));
        Assert.Same(web, world["web"].Snapshot);
    }

    [Fact]
    public void A_service_that_failed_from_the_start_is_known_and_empty()
    {
        using var world = new TestCatalog();
        world.Open().Observe("api", new Observation.Failed("SERVFAIL"));
        Assert.Equal("SERVFAIL", world["api"].Snapshot.SourceError);
        Assert.Empty(world["api"].Snapshot.Endpoints);
    }

    [Fact]
    public void An_empty_answer_empties_at_once()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a", "b"));
        feed.Observe("api", Seen("b"));
        feed.Observe("api", Nothing);
        Assert.Empty(world["api"].Snapshot.Endpoints);
        Assert.Equal(0, world["api"].Snapshot.AvailableCount);
    }

    [Fact]
    public void Versions_count_up()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        feed.Observe("api", Seen("b"));
        Assert.Equal(2, world["api"].Snapshot.Version);
    }

    [Fact]
    public void The_whole_source_failing_and_recovering_is_said_once()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Fail("refused");
        feed.Fail("refused again");
        Assert.Equal([("consul", false, "refused again")], world.Catalog.Sources);
        feed.Complete();
        feed.Complete();
        Assert.Equal(["consul: refused", "consul: ok"], world.Observer.Take());
        Assert.Equal([("consul", true, null)], world.Catalog.Sources);
        Assert.True(world.Catalog.IsReady);
    }

    [Fact]
    public void Names_are_compared_without_regard_to_case()
    {
        using var world = new TestCatalog();
        world.Open().Observe("Api", Seen("a"));
        Assert.Same(world["api"], world["API"]);
        Assert.Equal("Api", world["api"].Name);
    }

    [Fact]
    public void Demand_is_what_was_asked_for()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        world["api"].CountRequest();
        Assert.Equal(1, feed.DemandFor("api"));
        Assert.Equal(0, feed.DemandFor("nobody"));
    }
}
