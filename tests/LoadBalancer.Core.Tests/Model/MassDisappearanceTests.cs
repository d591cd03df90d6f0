using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Model;

public class MassDisappearanceTests
{
    [Fact]
    public void More_than_half_of_all_endpoints_gone_in_one_update_are_held()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Ids(6)));
        feed.Observe("api", Seen("e00001"));
        Assert.Equal(6, world["api"].Snapshot.AvailableCount);
        Assert.Equal("more than half of the endpoints of consul vanished at once", world["api"].Snapshot.Endpoints[1].Held);
    }

    [Fact]
    public void Half_is_not_more_than_half()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Ids(10)));
        feed.Observe("api", Seen(Ids(5)));
        Assert.Equal(5, world["api"].Snapshot.AvailableCount);
    }

    [Fact]
    public void A_small_service_that_is_taken_down_is_no_mass()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Ids(4)));
        feed.Observe("api", Nothing);
        Assert.Empty(world["api"].Snapshot.Endpoints);
    }

    [Fact]
    public void One_that_comes_and_goes_is_no_mass()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        for (var i = 0; i < 20; i++)
        {
            feed.Observe("api", Seen(Ids(3)));
            feed.Observe("api", Seen(Ids(2)));
            Assert.Equal("e00001 e00002", world.Show("api"));
        }
    }

    [Fact]
    public void What_was_dropped_before_the_event_was_known_comes_back()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        foreach (var service in Ids(10, "s"))
        {
            feed.Observe(service, Seen(service + "x"));
        }
        foreach (var service in Ids(6, "s"))
        {
            feed.Observe(service, Nothing);
            world.Time.Advance(TimeSpan.FromMilliseconds(100));
        }
        Assert.All(Ids(10, "s"), service => Assert.Equal(service + "x", world.Show(service)));
    }

    [Fact]
    public void Within_one_service_too()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Ids(6)));
        for (var left = 5; left >= 0; left--)
        {
            feed.Observe("api", left == 0 ? Nothing : Seen(Ids(left)));
        }
        Assert.Equal(6, world["api"].Snapshot.AvailableCount);
    }

    [Fact]
    public void Spread_over_a_longer_time_it_is_daily_business()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Ids(8)));
        for (var left = 7; left >= 1; left--)
        {
            feed.Observe("api", Seen(Ids(left)));
            world.Time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(1, world["api"].Snapshot.AvailableCount);
    }

    [Fact]
    public void Sources_are_judged_apart()
    {
        using var world = new TestCatalog();
        world.Open("dns").Observe("other", Seen(Ids(100)));
        var feed = world.Open();
        feed.Observe("api", Seen(Ids(6)));
        feed.Observe("api", Nothing);
        Assert.Equal(6, world["api"].Snapshot.AvailableCount);
    }

    [Fact]
    public void What_the_operator_took_out_is_not_held()
    {
        using var world = new TestCatalog();
        var feed = world.Open("static");
        feed.Observe("api", Seen(Ids(10)));
        feed.Observe("api", Seen(Ids(1)));
        Assert.Equal(1, world["api"].Snapshot.AvailableCount);
    }

    [Fact]
    public void Replacing_everything_at_the_same_addresses_holds_nothing()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Ids(10)));
        feed.Observe("api", new Observation.Seen([.. Ids(9).Select(static id => Up("new-" + id) with { Host = $"{id}.test" })]));
        Assert.Equal(10, world["api"].Snapshot.Endpoints.Length);
        Assert.Single(world["api"].Snapshot.Endpoints, static state => state.Held is not null);
    }

    [Fact]
    public void Ten_thousand_services_that_vanish_cost_a_few_snapshots_each()
    {
        using var world = new TestCatalog(new CatalogOptions { HoldFor = TimeSpan.FromSeconds(3) });
        var feed = world.Open();
        var services = Ids(10_000, "s").ToArray();
        foreach (var service in services)
        {
            feed.Observe(service, Seen("x"));
        }
        foreach (var service in services)
        {
            feed.Observe(service, Nothing);
        }
        Assert.All(services, service => Assert.InRange(world[service].Snapshot.Version, 2, 3));
        Assert.All(services, service => Assert.Equal("x", world.Show(service)));
        world.Pass(3);
        Assert.All(services, service => Assert.Equal("", world.Show(service)));
    }

    [Fact]
    public void Losses_from_many_threads_are_counted_exactly()
    {
        for (var round = 0; round < 50; round++)
        {
            using var world = new TestCatalog();
            var feed = world.Open();
            var services = Ids(12, "s").ToArray();
            foreach (var service in services)
            {
                feed.Observe(service, Seen("x"));
            }
            // Seven of twelve is more than half, in whatever order they are counted.
            Parallel.ForEach(services.Take(7), service => feed.Observe(service, Nothing));
            Assert.All(services, service => Assert.Equal("x", world.Show(service)));
        }
    }
}
