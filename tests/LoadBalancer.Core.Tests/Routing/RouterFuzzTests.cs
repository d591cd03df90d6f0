using CsCheck;
using LoadBalancer.Core.Routing;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Routing;

public class RouterFuzzTests
{
    private static readonly Gen<string> s_piece = Gen.OneOf(
        Gen.OneOf(".", "..", ":", ":80", "[", "]", "[::1]", "@", "*", "*.", "api", "dc1", "haproxy", ".haproxy.service.consul", ".consul", ".service.", "example.com", "\0", "ſ", "İ"),
        Gen.String[0, 10]);

    private static readonly Gen<string> s_text = s_piece.Array[0, 8].Select(static pieces => string.Concat(pieces));

    [Fact]
    public void No_request_breaks_the_router() =>
        Gen.Select(s_text, s_text, s_text).Sample(static (host, path, method) =>
        {
            using var world = new TestCatalog();
            world.Open().Observe("api", Seen("a"));
            var router = new Router(
                [new Route { Host = "*.example.com", Service = "api" }, new Route { Host = "example.com", Path = "/x", Service = "api" }, new Route { Host = "*.com", Path = path, Service = "api" }],
                "haproxy.service.consul", world.Catalog);
            var answer = router.Ask(host, path, method);
            Assert.True(answer is "-" or "api" || answer.EndsWith(".api", StringComparison.Ordinal), answer);
            // Nobody but the owner of a name gets its traffic.
            if (answer != "-")
            {
                var name = HostName.Of(host).ToString();
                Assert.True(
                    name.EndsWith(".consul", StringComparison.OrdinalIgnoreCase)
                    || name.EndsWith(".com", StringComparison.OrdinalIgnoreCase)
                    || name.Equals("example.com", StringComparison.OrdinalIgnoreCase), name);
            }
        }, iter: 5000);

    [Fact]
    public void No_configured_host_breaks_the_router() =>
        Gen.Select(s_text, s_text).Sample(static (routed, host) =>
        {
            using var world = new TestCatalog();
            world.Open().Observe("api", Seen("a"));
            var router = new Router([new Route { Host = routed, Service = "api" }], routed, world.Catalog);
            Assert.NotNull(router.Ask(host));
            if (!routed.StartsWith("*.", StringComparison.Ordinal))
            {
                Assert.Equal("api", router.Ask(routed));
            }
        }, iter: 2000);

    [Fact]
    public void A_host_of_a_million_labels_takes_no_million_look_ups()
    {
        // Looked up label by label, this would run for hours.
        using var world = new TestCatalog();
        var router = new Router([new Route { Host = "*.example.com", Service = "api" }], "local", world.Catalog);
        var labels = string.Concat(Enumerable.Repeat("a.", 1_000_000));
        Assert.Equal("-", router.Ask(labels));
        Assert.Equal("(api)", router.Ask(labels + "example.com"));
    }
}
