using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Dispatching;

public class FallbackTests
{
    [Fact]
    public void The_first_fallback_that_has_enough_takes_over_and_hands_back()
    {
        using var world = World(0, "api@dc2", "sorry");
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        feed.Observe("api@dc2", Seen("b"));
        feed.Observe("sorry", Seen("s"));
        Assert.Equal("api", Find(world));

        feed.Observe("api", Nothing);
        Assert.Equal("api@dc2", Find(world));
        feed.Observe("api@dc2", Seen(Up("b", state: SourceState.Critical)));
        Assert.Equal("sorry", Find(world));
        feed.Observe("sorry", Nothing);
        Assert.Equal("api", Find(world));
        feed.Observe("api@dc2", Seen("b"));
        Assert.Equal("api@dc2", Find(world));
        feed.Observe("api", Seen("a"));
        Assert.Equal("api", Find(world));
    }

    [Theory]
    [InlineData(0, 1, false)]
    [InlineData(50, 2, false)]
    [InlineData(51, 2, true)]
    [InlineData(50, 1, true)]
    [InlineData(100, 4, false)]
    [InlineData(100, 3, true)]
    [InlineData(0, 0, true)]
    public void Too_few_is_a_share_of_the_endpoints(int below, int available, bool fallsBack)
    {
        using var world = World(below, "sorry");
        world.Open().Observe("sorry", Seen("s"));
        world.Open().Observe("api", Seen([.. Ids(4).Select((id, i) => Up(id, state: i < available ? SourceState.Passing : SourceState.Critical))]));
        Assert.Equal(fallsBack ? "sorry" : "api", Find(world));
    }

    [Fact]
    public void When_nobody_has_enough_who_has_anybody_serves_the_service_itself_first()
    {
        using var world = World(50, "api@dc2");
        var feed = world.Open();
        void Observe(string service, int available) =>
            feed.Observe(service, Seen([.. Ids(4).Select((id, i) => Up(id, state: i < available ? SourceState.Passing : SourceState.Critical))]));
        Observe("api", 1);
        Observe("api@dc2", 1);
        // The fallback has a threshold of its own only when it has fallbacks.
        Assert.Equal("api@dc2", Find(world));
        Observe("api@dc2", 0);
        Assert.Equal("api", Find(world));
    }

    [Fact]
    public void The_same_service_elsewhere_keeps_the_tag_and_another_service_does_not_know_it()
    {
        using var world = World(0, "api@dc2", "sorry");
        var feed = world.Open();
        feed.Observe("api", Nothing);
        feed.Observe("api@dc2", Seen(Up("b", tags: "v1")));
        feed.Observe("sorry", Seen("s"));
        Assert.Equal("v1.api@dc2", Find(world, "v1"));
        Assert.Equal("sorry", Find(world, "v2"));
    }

    [Fact]
    public void A_service_that_no_source_names_falls_back_and_is_never_forgotten()
    {
        using var world = World(0, "sorry");
        world.Open().Observe("sorry", Seen("s"));
        Assert.Equal("sorry", Find(world));
        world.Open().Observe("api", Seen("a"));
        world.Open().Observe("api", Nothing);
        world.Pass(700);
        Assert.Equal("sorry", Find(world));

        world.Catalog.Reconfigure(new CatalogOptions());
        world.Pass(700);
        Assert.Null(world.Catalog.Find("api"));
        world.Catalog.Reconfigure(Options(0, "sorry"));
        Assert.Equal("sorry", Find(world));
    }

    [Fact]
    public void What_begins_and_ends_is_told_once_but_not_before_the_source_has_spoken()
    {
        using var world = World(50, "sorry");
        var feed = world.Open();
        world.Catalog.Reconfigure(Options(50, "sorry"));
        feed.Observe("api", Seen("a", "b"));
        Assert.DoesNotContain(world.Observer.Take(), static line => line.Contains("back", StringComparison.Ordinal));
        feed.Observe("api", Seen(Up("a", state: SourceState.Critical), Up("b")));
        feed.Observe("api", Seen(Up("a", state: SourceState.Critical), Up("b", state: SourceState.Critical)));
        feed.Observe("api", Nothing);
        Assert.Equal(["api falls back"], world.Observer.Take().Where(static line => line.Contains("back", StringComparison.Ordinal)));
        feed.Observe("api", Seen("a"));
        Assert.Equal(["api is back"], world.Observer.Take().Where(static line => line.Contains("back", StringComparison.Ordinal)));
    }

    [Fact]
    public void Finding_one_allocates_nothing()
    {
        using var world = World(0, "nobody", "api@dc2");
        world.Open().Observe("api@dc2", Seen(Up("b", tags: "v1")));
        var service = world["api"];
        Run(2000);
        Run(2000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(2000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int count)
        {
            for (var i = 0; i < count; i++)
            {
                ReadOnlySpan<char> tag = "v1";
                Assert.NotSame(service, Fallbacks.Find(service, world.Catalog, ref tag));
            }
        }
    }

    private static TestCatalog World(int below, params string[] fallbacks) => new(Options(below, fallbacks));

    private static CatalogOptions Options(int below, params string[] fallbacks) => new()
    {
        PolicyFor = name => name == "api" ? new ServicePolicy { Fallback = new FallbackPolicy([.. fallbacks], below) } : ServicePolicy.Default,
        Kept = ["api"],
        HoldFor = TimeSpan.Zero,
    };

    /// <summary>Who takes a request for "api": "service" or "tag.service".</summary>
    private static string Find(TestCatalog world, string tag = "")
    {
        var service = world["api"];
        ReadOnlySpan<char> wanted = tag;
        if (service.Snapshot.FallsBack)
        {
            service = Fallbacks.Find(service, world.Catalog, ref wanted);
        }
        return wanted.IsEmpty ? service.Name : $"{wanted}.{service.Name}";
    }
}
