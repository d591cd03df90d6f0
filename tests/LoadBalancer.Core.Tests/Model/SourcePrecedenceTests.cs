using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Model;

public class SourcePrecedenceTests
{
    [Fact]
    public void The_order_decides_and_a_warning_says_so_once()
    {
        using var world = new TestCatalog();
        var fixedFeed = world.Open("static");
        var dns = world.Open("dns");
        fixedFeed.Observe("api", Seen("s"));
        dns.Observe("api", Seen("d"));
        Assert.Equal("d", world.Show("api"));
        dns.Observe("api", Seen("d2"));
        dns.Observe("api", Seen("d3"));
        Assert.Single(world.Observer.Take(), "api from dns, not static");
        world.Open().Observe("api", Seen("c"));
        Assert.Equal("c", world.Show("api"));
        Assert.Equal("consul", world["api"].Snapshot.Source);
        Assert.Contains("api from consul, not dns", world.Observer.Take());
    }

    [Fact]
    public void A_source_without_endpoints_gives_way_to_the_next()
    {
        using var world = new TestCatalog();
        var consul = world.Open();
        world.Open("static").Observe("api", Seen("s"));
        consul.Observe("api", new Observation.Failed("timeout"));
        Assert.Equal("s", world.Show("api"));
        consul.Observe("api", Seen("c"));
        consul.Observe("api", Nothing);
        Assert.Equal("s", world.Show("api"));
    }

    [Fact]
    public void A_source_that_is_set_is_the_only_one()
    {
        var options = new CatalogOptions { PolicyFor = static _ => new ServicePolicy { Source = "static" } };
        using var world = new TestCatalog(options);
        world.Open().Observe("api", Seen("c"));
        Assert.Equal("", world.Show("api"));
        var feed = world.Open("static");
        feed.Observe("api", Seen("s"));
        Assert.Equal("s", world.Show("api"));
        Assert.DoesNotContain(world.Observer.Take(), static line => line.Contains(" not ", StringComparison.Ordinal));
        feed.Observe("api", Nothing);
        Assert.Equal("", world.Show("api"));
    }

    [Fact]
    public void A_new_configuration_is_in_force_at_once()
    {
        using var world = new TestCatalog();
        world.Open().Observe("api", Seen("c"));
        world.Open("static").Observe("api", Seen("s"));
        world.Catalog.Reconfigure(new CatalogOptions { SourceOrder = ["static", "consul"] });
        Assert.Equal("s", world.Show("api"));
        world.Catalog.Reconfigure(new CatalogOptions { PolicyFor = static _ => new ServicePolicy { Source = "consul", EndpointLimits = new() { MaxRequests = 7 } } });
        Assert.Equal("c", world.Show("api"));
        Assert.Equal(7, world["api"].Snapshot.Policy.EndpointLimits.MaxRequests);
    }

    [Fact]
    public void The_source_that_is_not_in_force_confirms_nothing()
    {
        using var world = new TestCatalog();
        world.Open().Observe("api", Seen("c"));
        var feed = world.Open("static");
        feed.Observe("api", Seen("s"));
        var confirmed = world["api"].ConfirmedAt;
        world.Pass(5);
        feed.Observe("api", Seen("s"));
        Assert.Equal(confirmed, world["api"].ConfirmedAt);
    }
}
