using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Model;

public class ForgetTests
{
    private static readonly CatalogOptions s_options = new() { ForgetAfter = TimeSpan.FromSeconds(10) };

    [Fact]
    public void A_service_that_stays_empty_is_forgotten_and_said_so()
    {
        using var world = new TestCatalog(s_options);
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        world.Pass(60);
        feed.Observe("api", Nothing);
        world.Pass(9);
        Assert.NotNull(world.Catalog.Find("api"));
        world.Observer.Take();
        world.Pass(1);
        Assert.Null(world.Catalog.Find("api"));
        Assert.Equal(0, world.Catalog.Count);
        Assert.Equal(["api forgotten"], world.Observer.Take());
    }

    [Fact]
    public void It_comes_back_as_a_new_one()
    {
        using var world = new TestCatalog(s_options);
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        var old = world["api"];
        feed.Observe("api", Nothing);
        world.Pass(11);
        feed.Observe("api", Seen("a"));
        Assert.NotSame(old, world["api"]);
        Assert.Equal("a", world.Show("api"));
    }

    [Fact]
    public void While_a_source_keeps_saying_that_it_is_empty_it_stays_known()
    {
        using var world = new TestCatalog(s_options);
        var feed = world.Open("dns");
        for (var i = 0; i < 30; i++)
        {
            feed.Observe("api", Nothing);
            world.Pass(1);
            Assert.NotNull(world.Catalog.Find("api"));
        }
    }

    [Fact]
    public void While_a_source_fails_or_holds_or_another_has_endpoints_it_stays_known()
    {
        using var world = new TestCatalog(s_options with { PolicyFor = static _ => new ServicePolicy { Source = "consul" } });
        var feed = world.Open();
        feed.Observe("failing", new Observation.Failed("timeout"));
        feed.Observe("held", Seen("h"));
        feed.Observe("held", Nothing with { Doubt = "no known leader" });
        world.Open("static").Observe("other", Seen("o"));
        world.Pass(30);
        Assert.Equal(3, world.Catalog.Count);
    }

    [Fact]
    public void An_observation_that_comes_at_the_moment_of_forgetting_is_not_lost()
    {
        for (var round = 0; round < 300; round++)
        {
            using var world = new TestCatalog(s_options);
            var feed = world.Open();
            feed.Observe("api", Seen("a"));
            feed.Observe("api", Nothing);
            feed.Observe("failing", Nothing);
            world.Pass(9);
            world.Observer.Take();
            Parallel.Invoke(
                () => world.Pass(1),
                () =>
                {
                    feed.Observe("api", Seen("b"));
                    feed.Observe("failing", new Observation.Failed("timeout"));
                });
            Assert.Equal("b", world.Show("api"));
            Assert.Equal("timeout", world["failing"].Snapshot.SourceError);
            // Who takes metrics away with the forgotten one must not take those of the new one.
            Assert.Equal("api + n/b", world.Observer.Take().Last(static line => line.StartsWith("api", StringComparison.Ordinal)));
        }
    }
}
