using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Health.Outliers;

public class SuccessRateTests
{
    private static readonly OutlierOptions s_options = new() { ConsecutiveErrors = 0, Statuses = [new(500, 599)], SuccessRate = new SuccessRateOptions() };

    private static TestCatalog World(int endpoints, OutlierOptions? options = null) =>
        TestCatalog.Of(new ServicePolicy { Outliers = options ?? s_options }, [.. "abcdefghij"[..endpoints].Select(static id => Up(id.ToString()))]);

    /// <summary>A hundred answers from each, of which so many are errors, and the end of the interval.</summary>
    private static void Interval(TestCatalog world, params int[] errors)
    {
        foreach (var (state, count) in world["api"].Snapshot.Endpoints.Zip(errors))
        {
            Requests.Answer(state.Endpoint, 100, count);
        }
        world.Pass(5);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(10)]
    public void One_that_fails_half_of_its_requests_leaves_after_one_interval(int endpoints)
    {
        using var world = World(endpoints);
        world.Observer.Take();
        Interval(world, [50, .. Enumerable.Repeat(1, endpoints - 1)]);
        Assert.Equal("success rate 50 %, mean of the others 99 %", world.State("a").Reason);
        Assert.Equal(endpoints - 1, world["api"].Snapshot.AvailableCount);
        Assert.Equal(["api ~ n/a (success rate 50 %, mean of the others 99 %)"], world.Observer.Take());
        world.Pass(5);
        Assert.Equal(endpoints, world["api"].Snapshot.AvailableCount);
        Interval(world, new int[endpoints]);
        Assert.Equal(endpoints, world["api"].Snapshot.AvailableCount);
    }

    [Theory]
    [InlineData(new[] { 50, 50, 50, 50, 50 }, "a b c d e")]
    [InlineData(new[] { 9, 0, 0, 0, 0 }, "a b c d e")]
    [InlineData(new[] { 11, 0, 0, 0, 0 }, "!a b c d e")]
    // The others differ by more than it does from them.
    [InlineData(new[] { 45, 0, 30, 5, 40 }, "a b c d e")]
    [InlineData(new[] { 100, 0, 30, 5, 40 }, "!a b c d e")]
    public void The_others_are_the_measure(int[] errors, string expected)
    {
        using var world = World(5);
        Interval(world, errors);
        Assert.Equal(expected, world.Show("api"));
    }

    [Fact]
    public void The_worst_leave_first_within_the_share()
    {
        using var world = World(10, s_options with { MaxEjected = 10 });
        Interval(world, 40, 90, 0, 0, 0, 0, 0, 0, 0, 0);
        Assert.Equal("a !b c d e f g h i j", world.Show("api"));
        using var wider = World(10, s_options with { MaxEjected = 20, SuccessRate = s_options.SuccessRate! with { Deviations = 0.5 } });
        Interval(wider, 40, 90, 60, 0, 0, 0, 0, 0, 0, 0);
        Assert.Equal("a !b !c d e f g h i j", wider.Show("api"));
    }

    [Fact]
    public void Too_few_requests_or_endpoints_are_no_measure()
    {
        using var world = World(3);
        Requests.Answer(world.Endpoint("a"), 49, 49);
        Requests.Answer(world.Endpoint("b"), 100, 0);
        Requests.Answer(world.Endpoint("c"), 100, 0);
        world.Pass(5);
        Assert.Equal("a b c", world.Show("api"));
        // A new interval starts from nothing.
        Requests.Answer(world.Endpoint("a"), 49, 49);
        Requests.Answer(world.Endpoint("b"), 100, 0);
        Requests.Answer(world.Endpoint("c"), 100, 0);
        world.Pass(5);
        Assert.Equal("a b c", world.Show("api"));
        Interval(world, 100, 0, 0);
        Assert.Equal("!a b c", world.Show("api"));
        // Two are left, and three are the minimum.
        world.Pass(4);
        Requests.Answer(world.Endpoint("b"), 100, 100);
        Requests.Answer(world.Endpoint("c"), 100, 0);
        world.Pass(1);
        Assert.Equal("a b c", world.Show("api"));
    }

    [Fact]
    public void It_begins_and_ends_with_the_configuration()
    {
        using var world = World(3, new OutlierOptions());
        Interval(world, 100, 0, 0);
        Assert.Equal("a b c", world.Show("api"));
        world.Catalog.Reconfigure(new CatalogOptions { PolicyFor = _ => new ServicePolicy { Outliers = s_options } });
        Interval(world, 100, 0, 0);
        Assert.Equal("!a b c", world.Show("api"));
        world.Catalog.Reconfigure(new CatalogOptions());
        world.Pass(5);
        Interval(world, 50, 0, 0);
        Assert.Equal("a b c", world.Show("api"));
    }

    [Fact]
    public void A_service_without_endpoints_has_no_intervals_and_is_forgotten()
    {
        using var world = World(3);
        world.Open().Observe("api", Nothing);
        world.Pass(601);
        Assert.Null(world.Catalog.Find("api"));
        Assert.Contains("api forgotten", world.Observer.Take());
    }
}
