using LoadBalancer.Core.Health.Orders;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Health.Orders;

/// <summary>Nothing but the operator ends an order.</summary>
public class OrderSurvivalTests
{
    private static readonly OperatorOrder s_drain = new(OrderState.Drain, null, DateTimeOffset.UnixEpoch);

    [Fact]
    public void It_is_kept_while_the_endpoint_is_away()
    {
        using var world = Drained();
        var feed = world.Open();
        feed.Observe("api", Seen("b"));
        Assert.Equal("b", world.Show("api"));
        Assert.Equal([KeyValuePair.Create(new EndpointId("n", "a"), s_drain)], world["api"].Snapshot.Orders);
        world.Pass(3600);

        feed.Observe("api", Seen("a", "b"));
        Assert.Equal("!a b", world.Show("api"));
    }

    [Fact]
    public void It_goes_with_the_identity_to_another_address()
    {
        using var world = Drained();
        world.Open().Observe("api", Seen(Up("a") with { Port = 81 }, Up("b")));
        Assert.Equal("!a b", world.Show("api"));
    }

    [Fact]
    public void It_goes_with_the_address_where_that_is_the_identity()
    {
        using var world = new TestCatalog();
        var feed = world.Open("dns");
        var id = EndpointId.OfAddress("10.0.0.1", 80);
        var endpoint = new ObservedEndpoint { Id = id, Host = "10.0.0.1", Port = 80 };
        feed.Observe("api", Seen(endpoint));
        world.Catalog.Order("api", [id], s_drain);
        feed.Observe("api", Nothing);
        feed.Observe("api", Seen(endpoint));
        Assert.Equal("!10.0.0.1:80", world.Show("api"));
    }

    [Fact]
    public void It_outlives_a_new_configuration_a_source_that_starts_anew_and_one_that_is_gone()
    {
        using var world = Drained();
        world.Catalog.Reconfigure(new CatalogOptions { PolicyFor = static _ => new ServicePolicy { Retry = new() { Attempts = 2 } } });
        Assert.Equal("!a b", world.Show("api"));

        var again = world.Open();
        Assert.Equal("!a b", world.Show("api"));
        again.Observe("api", Seen("a", "b"));
        again.Complete();
        Assert.Equal("!a b", world.Show("api"));

        world.Catalog.Close("consul");
        Assert.Equal("", world.Show("api"));
        world.Open().Observe("api", Seen("a", "b"));
        Assert.Equal("!a b", world.Show("api"));
    }

    [Fact]
    public void Held_endpoints_and_those_of_the_state_file_obey_it()
    {
        using var world = Drained();
        world.Open().Observe("api", Nothing with { Doubt = "no known leader" });
        Assert.Equal("!a b", world.Show("api"));
        Assert.Equal("ordered to drain by the operator at 1970-01-01 00:00Z; held: no known leader", world["api"].Snapshot.Endpoints[0].Reason);

        using var cold = new TestCatalog();
        cold.Catalog.Order("api", [new EndpointId("n", "a")], s_drain);
        cold.Open("consul", ("api", Seen("a", "b").Endpoints)).Fail("refused");
        Assert.Equal("!a b", cold.Show("api"));
    }

    [Fact]
    public void A_service_with_an_order_is_not_forgotten()
    {
        using var world = Drained(new CatalogOptions { ForgetAfter = TimeSpan.FromSeconds(10) });
        world.Open().Observe("api", Nothing);
        world.Pass(60);
        Assert.Equal([("api", new EndpointId("n", "a"), s_drain)], world.Catalog.CaptureOrders());

        world.Catalog.Order("api", [new EndpointId("n", "a")], s_drain with { State = OrderState.Ready });
        world.Pass(9);
        Assert.NotNull(world.Catalog.Find("api"));
        world.Pass(1);
        Assert.Null(world.Catalog.Find("api"));
    }

    [Fact]
    public void An_order_that_comes_at_the_moment_of_forgetting_is_not_lost()
    {
        for (var round = 0; round < 300; round++)
        {
            using var world = new TestCatalog(new CatalogOptions { ForgetAfter = TimeSpan.FromSeconds(10) });
            var feed = world.Open();
            feed.Observe("api", Seen("a"));
            feed.Observe("api", Nothing);
            world.Pass(9);
            Parallel.Invoke(() => world.Pass(1), () => world.Catalog.Order("api", [new EndpointId("n", "a")], s_drain));
            world.Pass(20);
            feed.Observe("api", Seen("a"));
            Assert.Equal("!a", world.Show("api"));
        }
    }

    private static TestCatalog Drained(CatalogOptions? options = null)
    {
        var world = new TestCatalog(options);
        world.Open().Observe("api", Seen("a", "b"));
        world.Catalog.Order("api", [new EndpointId("n", "a")], s_drain);
        Assert.Equal("!a b", world.Show("api"));
        return world;
    }
}
