using LoadBalancer.Core.Routing;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Routing;

public class RouteTests
{
    private static string Ask(Route[] routes, string host, string path = "/", string method = "GET", params (string, string)[] headers)
    {
        using var world = new TestCatalog();
        foreach (var name in new[] { "a", "b", "c", "d" })
        {
            world.Open().Observe(name, Seen("x"));
        }
        return new Router(routes, "local", world.Catalog).Ask(host, path, method, headers);
    }

    [Theory]
    [InlineData("shop.example.com", "a")]
    [InlineData("SHOP.example.com:443", "a")]
    [InlineData("shop.example.com.", "a")]
    [InlineData("x.example.com", "b")]
    [InlineData("x.y.example.com", "b")]
    [InlineData("x.deep.example.com", "c")]
    [InlineData("deep.example.com", "b")]
    [InlineData("example.com", "-")]
    [InlineData("badexample.com", "-")]
    [InlineData("[::1]:80", "d")]
    [InlineData("[::2]:80", "-")]
    public void Exact_hosts_first_then_the_longest_wildcard(string host, string expected) =>
        Assert.Equal(expected, Ask(
        [
            new Route { Host = "*.example.com", Service = "b" },
            new Route { Host = "*.Deep.example.com.", Service = "c" },
            new Route { Host = "shop.example.com:80", Service = "a" },
            new Route { Host = "[::1]", Service = "d" },
        ], host));

    [Theory]
    [InlineData("/", "a")]
    [InlineData("", "a")]
    [InlineData("*", "a")]
    [InlineData("/cart", "b")]
    [InlineData("/cart/", "b")]
    [InlineData("/cart/1", "b")]
    [InlineData("/cart/items/1", "c")]
    [InlineData("/cartoon", "a")]
    [InlineData("/Cart", "a")]
    [InlineData("/dir", "a")]
    [InlineData("/dir/", "d")]
    [InlineData("/dir/x", "d")]
    public void Then_the_longest_path_of_whole_segments(string path, string expected) =>
        Assert.Equal(expected, Ask(
        [
            new Route { Host = "h", Service = "a" },
            new Route { Host = "h", Path = "/cart", Service = "b" },
            new Route { Host = "h", Path = "/cart/items", Service = "c" },
            new Route { Host = "h", Path = "/dir/", Service = "d" },
        ], "h", path));

    [Fact]
    public void Then_who_demands_more_then_the_order_of_the_configuration()
    {
        Route[] routes =
        [
            new Route { Host = "h", Service = "a" },
            new Route { Host = "h", Service = "b" },
            new Route { Host = "h", Methods = ["POST", "PUT"], Service = "c" },
            new Route { Host = "h", Methods = ["POST"], Headers = [new("X-Beta", "1"), new("X-Any", "*")], Service = "d" },
        ];
        Assert.Equal("a", Ask(routes, "h"));
        Assert.Equal("c", Ask(routes, "h", method: "PUT"));
        Assert.Equal("c", Ask(routes, "h", "/", "POST", ("X-Beta", "1")));
        Assert.Equal("d", Ask(routes, "h", "/", "POST", ("x-beta", "1"), ("x-any", "")));
        Assert.Equal("c", Ask(routes, "h", "/", "POST", ("X-Beta", "2"), ("X-Any", "z")));
        Assert.Equal("a", Ask(routes, "h", method: "post"));
    }

    [Theory]
    [InlineData("beta=1", "b")]
    [InlineData("a=b; beta=1", "b")]
    [InlineData("beta=0; beta=1", "b")]
    [InlineData("beta=0", "c")]
    [InlineData("beta=", "c")]
    [InlineData("Beta=1", "a")]
    [InlineData("beta", "a")]
    [InlineData(null, "a")]
    public void A_cookie_is_a_condition_as_a_header_is(string? cookie, string expected) =>
        Assert.Equal(expected, Ask(
        [
            new Route { Host = "h", Service = "a" },
            new Route { Host = "h", Cookies = [new("beta", "1")], Service = "b" },
            new Route { Host = "h", Cookies = [new("beta", "*")], Service = "c" },
        ], "h", headers: cookie is null ? [] : [("Cookie", cookie)]));

    [Fact]
    public void A_host_whose_routes_do_not_match_falls_back_to_the_wildcard_then_the_host_rule_then_any_host()
    {
        Route[] routes =
        [
            new Route { Host = "a.local", Path = "/exact", Service = "b" },
            new Route { Host = "*.local", Path = "/wild", Service = "c" },
            new Route { Service = "d" },
        ];
        Assert.Equal("b", Ask(routes, "a.local", "/exact"));
        Assert.Equal("c", Ask(routes, "a.local", "/wild"));
        Assert.Equal("a", Ask(routes, "a.local", "/else"));
        Assert.Equal("d", Ask(routes, "nobody.local", "/else"));
        Assert.Equal("d", Ask(routes, ""));
    }

    [Fact]
    public void A_route_to_a_service_that_no_source_names_is_a_match_without_a_service()
    {
        Route[] routes = [new Route { Host = "h", Service = "nobody" }, new Route { Host = "t", Service = "a", Tag = "v1" }];
        Assert.Equal("(nobody)", Ask(routes, "h"));
        Assert.Equal("v1.a", Ask(routes, "t"));
    }

    [Theory]
    [InlineData("*.")]
    [InlineData("*.:80")]
    [InlineData("")]
    [InlineData("*")]
    public void Odd_hosts_in_a_route_harm_nobody(string host) =>
        Assert.Equal("a", Ask([new Route { Host = host, Service = "b" }], "a.local"));
}
