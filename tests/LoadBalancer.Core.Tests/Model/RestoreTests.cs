using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Model;

public class RestoreTests
{
    [Fact]
    public void When_no_source_answers_the_state_file_is_used_and_marked_stale()
    {
        using var world = new TestCatalog();
        var feed = world.Open("consul", ("api", Seen("b", "a").Endpoints));
        Assert.False(world.Catalog.IsReady);
        Assert.Null(world.Catalog.Find("api"));
        feed.Fail("refused");
        Assert.True(world.Catalog.IsReady);
        Assert.Equal("a b", world.Show("api"));
        Assert.True(world["api"].Snapshot.IsStale);
        Assert.Equal(DateTimeOffset.MinValue, world["api"].ConfirmedAt);

        feed.Observe("api", Seen("a", "b"));
        Assert.False(world["api"].Snapshot.IsStale);
        Assert.Equal(world.Time.GetUtcNow(), world["api"].ConfirmedAt);
    }

    [Fact]
    public void Without_a_state_file_a_failing_source_is_not_ready()
    {
        using var world = new TestCatalog();
        world.Open().Fail("refused");
        Assert.False(world.Catalog.IsReady);
    }

    [Fact]
    public void A_silent_source_is_replaced_too()
    {
        using var world = new TestCatalog();
        world.Open("consul", ("api", Seen("a").Endpoints));
        world.Catalog.RestoreSilentSources();
        Assert.Equal("a", world.Show("api"));
        Assert.True(world.Catalog.IsReady);
    }

    [Fact]
    public void A_single_service_that_fails_takes_its_own_saved_state()
    {
        using var world = new TestCatalog();
        var feed = world.Open("consul", ("api", Seen("a").Endpoints), ("web", Seen("w").Endpoints));
        feed.Observe("api", new Observation.Failed("timeout"));
        Assert.Equal("a", world.Show("api"));
        Assert.Equal("timeout", world["api"].Snapshot.SourceError);
        Assert.Null(world.Catalog.Find("web"));
    }

    [Fact]
    public void What_the_source_said_is_not_overwritten()
    {
        using var world = new TestCatalog();
        var feed = world.Open("consul", ("api", Seen("old").Endpoints));
        feed.Observe("api", Seen("new"));
        feed.Fail("refused");
        Assert.Equal("new", world.Show("api"));
        feed.Observe("api", Nothing);
        feed.Fail("refused");
        Assert.Equal("", world.Show("api"));
    }

    [Fact]
    public void Complete_drops_what_was_not_named()
    {
        using var world = new TestCatalog();
        var feed = world.Open("consul", ("api", Seen("a").Endpoints), ("gone", Seen("g").Endpoints));
        feed.Fail("refused");
        feed.Observe("api", Seen("a", "b"));
        feed.Complete();
        Assert.Equal("", world.Show("gone"));
        Assert.False(world["gone"].Snapshot.IsStale);
        Assert.Equal("a b", world.Show("api"));
    }

    [Fact]
    public void A_registry_that_comes_back_empty_takes_nothing_down_while_it_answers()
    {
        using var world = new TestCatalog();
        var feed = world.Open("consul", ("api", Seen("a", "b").Endpoints));
        feed.Fail("refused");
        feed.Complete();
        Assert.Equal("a b", world.Show("api"));
        Assert.All(world["api"].Snapshot.Endpoints, static state => Assert.NotNull(state.Held));
        world.Probe.Silence("b.test");
        world.Pass(1);
        Assert.Equal("a", world.Show("api"));
        world.Pass(59);
        Assert.Equal("", world.Show("api"));
    }

    [Fact]
    public void A_service_that_failed_was_named_and_keeps_its_saved_state()
    {
        using var world = new TestCatalog();
        var feed = world.Open("consul", ("api", Seen("a").Endpoints), ("web", Seen("w").Endpoints));
        feed.Fail("refused");
        feed.Observe("api", new Observation.Failed("timeout"));
        feed.Observe("web", Seen("w"));
        feed.Complete();
        var snapshot = world["api"].Snapshot;
        Assert.Equal("a", world.Show("api"));
        Assert.True(snapshot.IsStale);
        Assert.Null(snapshot.Endpoints[0].Held);
    }

    [Fact]
    public void After_complete_the_state_file_is_history()
    {
        using var world = new TestCatalog();
        var feed = world.Open("consul", ("api", Seen("a").Endpoints));
        feed.Complete();
        feed.Fail("refused");
        feed.Observe("api", new Observation.Failed("timeout"));
        world.Catalog.RestoreSilentSources();
        Assert.Equal("", world.Show("api"));
    }

    [Fact]
    public void Restoring_and_completing_at_once_leaves_nothing_that_nobody_confirms()
    {
        for (var round = 0; round < 200; round++)
        {
            using var world = new TestCatalog(new CatalogOptions { HoldFor = TimeSpan.Zero });
            var feed = world.Open("consul", [.. Ids(20, "s").Select(static service => (service, Seen("x").Endpoints))]);
            Parallel.Invoke(world.Catalog.RestoreSilentSources, feed.Complete);
            Assert.All(world.Catalog.Services, static service => Assert.False(service.Snapshot.IsStale));
        }
    }

    [Fact]
    public void What_is_captured_can_be_restored()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen("a", "b"));
        feed.Observe("api", Seen("a") with { Doubt = "the index went backwards" });
        world.Open("dns").Observe("api", Seen("d"));
        var captured = world.Catalog.Capture().OrderBy(static input => input.Source, StringComparer.Ordinal).ToList();
        Assert.Equal(["consul", "dns"], captured.Select(static input => input.Source));

        using var next = new TestCatalog();
        next.Open("consul", (captured[0].Service, captured[0].Endpoints)).Fail("refused");
        Assert.Equal("a b", next.Show("api"));
    }
}
