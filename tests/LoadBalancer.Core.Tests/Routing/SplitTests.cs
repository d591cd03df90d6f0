using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Routing;

public class SplitTests
{
    private static readonly RouteTarget[] s_canary = [new("api", null, 95), new("api", "canary", 5)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void In_turns_every_stretch_of_requests_is_shared_by_weight(int seed)
    {
        using var world = World((ulong)seed);
        var router = RouterOf(world, s_canary);
        for (var stretch = 0; stretch < 20; stretch++)
        {
            Assert.InRange(Shares(router, 1000)["canary.api"], 48, 52);
        }
    }

    [Fact]
    public void By_key_a_client_stays_and_a_growing_share_only_adds_clients()
    {
        using var world = World();
        ulong[] keys = [.. Enumerable.Range(0, 20_000).Select(static i => KeyHash.Of(Convert.ToString(i, System.Globalization.CultureInfo.InvariantCulture))!.Value)];
        string[] At(int percent)
        {
            var router = RouterOf(world, [new("api", null, 100 - percent), new("api", "canary", percent)], HashKey.Source);
            return [.. keys.Select(key => router.AskByKey(key))];
        }
        var (few, many) = (At(5), At(20));
        Assert.Equal(few, At(5));
        Assert.InRange(few.Count(static to => to == "canary.api"), 900, 1100);
        Assert.InRange(many.Count(static to => to == "canary.api"), 3800, 4200);
        Assert.DoesNotContain(few.Zip(many), static pair => pair is ("canary.api", not "canary.api"));
    }

    [Fact]
    public void Without_the_key_they_take_turns()
    {
        using var world = World();
        var router = RouterOf(world, s_canary, new HashKey(HashKeyKind.Cookie, "session"));
        Assert.InRange(Shares(router, 1000)["canary.api"], 48, 52);
    }

    [Fact]
    public void A_share_whose_target_has_nobody_available_goes_to_the_others_by_their_weights()
    {
        using var world = World();
        var feed = world.Open();
        var router = RouterOf(world, [new("api", "canary", 50), new("web", null, 30), new("none", null, 10), new("api", null, 20)]);
        Assert.Equal(3, Shares(router, 1000).Count);

        feed.Observe("api", Seen(Up("a"), Up("b", state: SourceState.Critical, tags: "canary")));
        var shares = Shares(router, 1000);
        Assert.Equal(2, shares.Count);
        Assert.InRange(shares["web"], 570, 630);

        feed.Observe("api", Seen(Up("a", state: SourceState.Drain)));
        Assert.Equal(1000, Shares(router, 1000)["web"]);

        // Nobody anywhere: each target says so for itself.
        feed.Observe("web", Nothing);
        Assert.Equal(4, Shares(router, 1000).Count);
    }

    [Fact]
    public void A_weight_of_0_gets_nothing_even_when_it_is_the_only_one_available()
    {
        using var world = World();
        var router = RouterOf(world, [new("none", null, 1), new("web", null, 0), new("api", null, 1)]);
        Assert.Equal(1000, Shares(router, 1000)["api"]);
        world.Open().Observe("api", Nothing);
        Assert.DoesNotContain("web", Shares(router, 1000).Keys);
    }

    [Fact]
    public void Choosing_allocates_nothing()
    {
        using var world = World();
        var turns = RouterOf(world, s_canary);
        var others = RouterOf(world, [new("none", null, 1), new("api", "canary", 1), new("web", null, 1)]);
        Match(turns, others, 5000);
        Match(turns, others, 5000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Match(turns, others, 5000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Match(Router one, Router other, int count)
        {
            for (var i = 0; i < count; i++)
            {
                Assert.True(one.Match(new RouteRequest("h", "/", "GET", null)).IsMatch);
                Assert.True(other.Match(new RouteRequest("h", "/", "GET", null)).IsMatch);
            }
        }
    }

    /// <summary>"api" with an endpoint of the tag canary and one without, and "web".</summary>
    private static TestCatalog World(ulong seed = 1)
    {
        var world = new TestCatalog(seed: seed);
        world.Open().Observe("api", Seen(Up("a"), Up("b", tags: "canary")));
        world.Open().Observe("web", Seen("w"));
        return world;
    }

    private static Router RouterOf(TestCatalog world, RouteTarget[] targets, HashKey? on = null) =>
        new([new Route { Host = "h", Split = [.. targets], SplitOn = on }], null, world.Catalog);

    private static Dictionary<string, int> Shares(Router router, int requests) =>
        Enumerable.Range(0, requests).Select(_ => router.AskByKey(null)).CountBy(static to => to).ToDictionary();
}
