using LoadBalancer.Core.Routing;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Routing;

public class MirrorTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 1)]
    [InlineData(25, 250)]
    [InlineData(99.9, 999)]
    [InlineData(100, 1000)]
    public void The_share_of_the_requests_is_copied(double percent, int copies)
    {
        using var world = World();
        var mirror = MirrorOf(world, new MirrorSettings { Service = "next", Percent = percent, MaxInFlight = 1000 });
        Assert.InRange(Enumerable.Range(0, 1000).Count(_ => mirror.TryBegin(out var service) && service == world["next"]), copies - 1, copies + 1);
    }

    [Fact]
    public void Beyond_the_limit_a_copy_is_dropped_and_counted_and_each_ends_once()
    {
        using var world = World();
        var mirror = MirrorOf(world, new MirrorSettings { Service = "next", MaxInFlight = 2 });
        var count = world["next"].Mirrored;
        Assert.True(mirror.TryBegin(out _));
        Assert.True(mirror.TryBegin(out _));
        Assert.False(mirror.TryBegin(out _));
        Assert.Equal((2, 0L, 1L), (count.InFlight, count.Sent, count.Dropped));
        count.End(isSent: true);
        Assert.True(mirror.TryBegin(out _));
        count.End(isSent: false);
        Assert.Equal((1, 1L, 2L), (count.InFlight, count.Sent, count.Dropped));
    }

    [Fact]
    public void A_new_configuration_does_not_raise_the_limit()
    {
        using var world = World();
        var settings = new MirrorSettings { Service = "next", MaxInFlight = 1 };
        Assert.True(MirrorOf(world, settings).TryBegin(out _));
        Assert.False(MirrorOf(world, settings).TryBegin(out _));
    }

    [Fact]
    public void A_service_that_nobody_knows_gets_no_copies()
    {
        using var world = World();
        Assert.False(MirrorOf(world, new MirrorSettings { Service = "nobody" }).TryBegin(out _));
    }

    [Fact]
    public void What_a_split_leads_to_is_copied_too()
    {
        using var world = World();
        var router = new Router([new Route { Split = [new("api", null, 1)], Mirror = new MirrorSettings { Service = "next" } }, new Route { Host = "h", Service = "api" }], null, world.Catalog);
        Assert.NotNull(router.Match(new RouteRequest("any", "/", "GET", null)).Mirror);
        Assert.Null(router.Match(new RouteRequest("h", "/", "GET", null)).Mirror);
    }

    private static TestCatalog World()
    {
        var world = new TestCatalog();
        world.Open().Observe("api", Seen("a"));
        world.Open().Observe("next", Seen("n"));
        return world;
    }

    private static RouteMirror MirrorOf(TestCatalog world, MirrorSettings settings) =>
        new Router([new Route { Service = "api", Mirror = settings }], null, world.Catalog).Match(new RouteRequest("any", "/", "GET", null)).Mirror!;
}
