using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Health.Outliers;

public class FlappingTests
{
    private static readonly OutlierOptions s_options = new() { Flapping = new FlappingOptions { Returns = 2, Within = TimeSpan.FromMinutes(1) } };

    /// <summary>Endpoint "a" goes out and is back after a second.</summary>
    private static void Flap(TestCatalog world, SourceState state = SourceState.Critical)
    {
        world.Open().Observe("api", Seen(Up("a", state: state), Up("b")));
        world.Pass(1);
        world.Open().Observe("api", Seen("a", "b"));
    }

    private static TestCatalog World(OutlierOptions options) => TestCatalog.Of(new ServicePolicy { Outliers = options }, Up("a"), Up("b"));

    [Fact]
    public void One_return_too_many_within_the_time_keeps_it_out_for_longer_and_longer()
    {
        using var world = World(s_options);
        Flap(world);
        Flap(world);
        Assert.Equal("a b", world.Show("api"));
        Flap(world);
        Assert.Equal("!a b", world.Show("api"));
        Assert.Equal("flapping: back 3 times within 60 s", world.State("a").Reason);
        Assert.Equal(Unavailability.Ejected, world.State("a").Unavailability);
        world.Pass(5);
        Assert.Equal("a b", world.Show("api"));
        Flap(world);
        world.Pass(9);
        Assert.Equal("!a b", world.Show("api"));
        world.Pass(1);
        Assert.Equal("a b", world.Show("api"));
    }

    [Fact]
    public void Returns_count_for_a_time()
    {
        using var world = World(s_options);
        for (var i = 0; i < 10; i++)
        {
            Flap(world);
            world.Pass(30);
            Assert.Equal("a b", world.Show("api"));
        }
    }

    [Fact]
    public void Neither_what_was_done_on_purpose_nor_an_ejection_is_flapping()
    {
        using var world = World(s_options);
        for (var i = 0; i < 10; i++)
        {
            Flap(world, SourceState.Drain);
            Fail(world.Endpoint("a"));
            End(world.Endpoint("a"), LeaseOutcome.Succeeded);
            Assert.Equal("a b", world.Show("api"));
        }
    }

    [Fact]
    public void Off_by_default()
    {
        using var world = World(new OutlierOptions());
        for (var i = 0; i < 10; i++)
        {
            Flap(world);
        }
        Assert.Equal("a b", world.Show("api"));
    }

    [Fact]
    public void When_all_flap_together_the_checks_are_in_doubt_and_most_come_back()
    {
        using var world = World(s_options);
        for (var i = 0; i < 5; i++)
        {
            world.Open().Observe("api", Seen(Up("a", state: SourceState.Critical), Up("b", state: SourceState.Critical)));
            world.Open().Observe("api", Seen("a", "b"));
        }
        Assert.Equal("!a b", world.Show("api"));
    }
}
