using LoadBalancer.Core.Routing;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Routing;

public class HostRuleTests
{
    private static TestCatalog World()
    {
        var world = new TestCatalog();
        var feed = world.Open();
        feed.Observe("api", Seen(Up("a", 1, 0, 0, "v1") with { Datacenter = "dc1" }));
        feed.Observe("api@dc2", Seen(Up("r") with { Datacenter = "dc2" }));
        feed.Observe("shop.web", Seen("w"));
        feed.Observe("web", Seen("x"));
        feed.Observe("haproxy", Seen(Up("self") with { Datacenter = "dc1" }));
        return world;
    }

    [Theory]
    [InlineData("api.haproxy.service.consul", "api")]
    [InlineData("API.HAProxy.Service.Consul", "api")]
    [InlineData("api.haproxy.service.consul:8080", "api")]
    [InlineData("api.haproxy.service.consul.", "api")]
    [InlineData("api.haproxy.service.consul.:8080", "api")]
    [InlineData("v1.api.haproxy.service.consul", "v1.api")]
    [InlineData("v2.api.haproxy.service.consul", "v2.api")]
    [InlineData("a.b.api.haproxy.service.consul", "a.b.api")]
    [InlineData("shop.web.haproxy.service.consul", "shop.web")]
    [InlineData("blog.web.haproxy.service.consul", "blog.web")]
    [InlineData("api.haproxy.service.dc1.consul", "api")]
    [InlineData("API.HAPROXY.SERVICE.DC1.CONSUL:80", "api")]
    [InlineData("v1.api.haproxy.service.dc1.consul", "v1.api")]
    [InlineData("api.haproxy.service.dc2.consul", "api@dc2")]
    [InlineData("v1.api.haproxy.service.dc2.consul", "v1.api@dc2")]
    [InlineData("api.haproxy.service.dc3.consul", "-")]
    [InlineData("web.haproxy.service.dc1.consul", "-")]
    [InlineData("api@dc2.haproxy.service.consul", "-")]
    [InlineData("api@dc2.haproxy.service.dc2.consul", "-")]
    [InlineData("nobody.haproxy.service.consul", "-")]
    [InlineData("haproxy.haproxy.service.consul", "-")]
    [InlineData("api.haproxy.haproxy.service.consul", "-")]
    [InlineData("HAProxy.haproxy.service.dc1.consul", "-")]
    [InlineData("haproxy.service.consul", "-")]
    [InlineData(".haproxy.service.consul", "-")]
    [InlineData(".api.haproxy.service.consul", "-")]
    [InlineData("api..haproxy.service.consul", "-")]
    [InlineData("api.haproxy.service..consul", "-")]
    [InlineData("xhaproxy.service.consul", "-")]
    [InlineData("api.service.consul", "-")]
    [InlineData("api.haproxy.service.consul.evil.com", "-")]
    [InlineData("[::1]", "-")]
    [InlineData("", "-")]
    public void Names_of_services(string host, string expected)
    {
        using var world = World();
        Assert.Equal(expected, new Router([], "haproxy.service.consul", world.Catalog).Ask(host));
    }

    [Theory]
    [InlineData("service.consul", "api.service.consul", "api")]
    [InlineData("service.consul", "api.service.dc2.consul", "api@dc2")]
    [InlineData(".lb.example.com.", "api.lb.example.com", "api")]
    [InlineData("lb.example.com", "api.lb.dc1.example.com", "-")]
    [InlineData("local", "v1.api.local", "v1.api")]
    [InlineData("", "api", "-")]
    [InlineData(null, "api", "-")]
    public void Of_any_domain(string? domain, string host, string expected)
    {
        using var world = World();
        Assert.Equal(expected, new Router([], domain, world.Catalog).Ask(host));
    }

    [Fact]
    public void A_service_that_comes_or_goes_needs_no_new_router()
    {
        using var world = World();
        var router = new Router([], "local", world.Catalog);
        Assert.Equal("-", router.Ask("new.local"));
        world.Open().Observe("new", Seen("n"));
        Assert.Equal("new", router.Ask("new.local"));
        world.Open().Observe("new", Nothing);
        Assert.Equal("new", router.Ask("new.local"));
        world.Pass(601);
        Assert.Equal("-", router.Ask("new.local"));
    }
}
