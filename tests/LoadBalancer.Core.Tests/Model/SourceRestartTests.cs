using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Model;

public class SourceRestartTests
{
    private static (TestCatalog World, ISourceFeed Feed) Restarted()
    {
        var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        feed.Observe("web", Seen("v", "w"));
        feed.Complete();
        return (world, world.Open());
    }

    [Fact]
    public void What_it_said_stays_in_force_but_stale_until_confirmed()
    {
        var (world, feed) = Restarted();
        using (world)
        {
            Assert.Equal("a", world.Show("api"));
            Assert.True(world["api"].Snapshot.IsStale);
            Assert.True(world.Catalog.IsReady);
            feed.Observe("api", Seen("a"));
            Assert.False(world["api"].Snapshot.IsStale);
        }
    }

    [Fact]
    public void Complete_drops_what_the_new_one_does_not_name()
    {
        var (world, feed) = Restarted();
        using (world)
        {
            feed.Observe("web", Seen("v", "w"));
            feed.Complete();
            Assert.Equal("", world.Show("api"));
            Assert.Equal("v w", world.Show("web"));
        }
    }

    [Fact]
    public void A_failing_restart_drops_nothing()
    {
        var (world, feed) = Restarted();
        using (world)
        {
            feed.Fail("refused");
            feed.Observe("web", new Observation.Failed("timeout"));
            Assert.Equal("a", world.Show("api"));
            Assert.Equal("v w", world.Show("web"));
            feed.Observe("api", Seen("a"));
            feed.Complete();
            Assert.Equal("v w", world.Show("web"));
        }
    }

    [Fact]
    public void An_error_from_before_does_not_keep_a_service_that_is_gone()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        feed.Observe("web", Seen("v", "w"));
        feed.Observe("api", new Observation.Failed("timeout"));
        feed.Complete();
        world.Open();
        feed.Observe("web", Seen("v", "w"));
        feed.Complete();
        Assert.Equal("", world.Show("api"));
        Assert.Null(world["api"].Snapshot.SourceError);
    }

    [Fact]
    public void What_the_operator_removed_from_the_configuration_leaves_at_once()
    {
        using var world = new TestCatalog();
        var feed = world.Open("static");
        feed.Observe("api", Seen(Ids(10)));
        feed.Complete();
        world.Open("static").Complete();
        Assert.Equal("", world.Show("api"));
    }

    [Fact]
    public void Verdicts_and_counters_survive()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a", "b"));
        var endpoint = world["api"].Snapshot.Endpoints[0].Endpoint;
        Fail(endpoint);
        world.Open();
        feed.Observe("api", Seen("a", "b"));
        Assert.Same(endpoint, world["api"].Snapshot.Endpoints[0].Endpoint);
        Assert.Equal("!a b", world.Show("api"));
    }

    [Fact]
    public void A_closed_source_takes_its_endpoints_along_and_may_come_again()
    {
        var (world, _) = Restarted();
        using (world)
        {
            world.Catalog.Close("consul");
            world.Catalog.Close("consul");
            Assert.Equal("", world.Show("api"));
            Assert.Empty(world.Catalog.Sources);
            world.Open("consul", ("api", Seen("s").Endpoints)).Fail("refused");
            Assert.Equal("s", world.Show("api"));
        }
    }
}
