using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Health.Outliers;

public class ConsecutiveErrorTests
{
    private static TestCatalog World(OutlierOptions? options = null, int endpoints = 4) => TestCatalog.Of(
        new ServicePolicy { Outliers = options ?? new OutlierOptions() }, [.. "abcdefghij"[..endpoints].Select(static id => Up(id.ToString()))]);

    [Fact]
    public void Five_in_a_row_take_an_endpoint_out_for_five_seconds()
    {
        using var world = World();
        world.Observer.Take();
        Requests.Fail(world.Endpoint("a"), 4);
        Assert.Equal("a b c d", world.Show("api"));
        Requests.Fail(world.Endpoint("a"), 1);
        Assert.Equal("!a b c d", world.Show("api"));
        world.Time.Advance(TimeSpan.FromSeconds(4.999));
        Assert.Equal("!a b c d", world.Show("api"));
        world.Time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Equal("a b c d", world.Show("api"));
        Assert.Equal(["api ~ n/a (5 errors in a row)", "api ~ n/a"], world.Observer.Take());
    }

    [Fact]
    public void A_success_between_them_starts_the_count_again()
    {
        using var world = World();
        for (var i = 0; i < 10; i++)
        {
            Requests.Fail(world.Endpoint("a"), 4);
            End(world.Endpoint("a"), LeaseOutcome.Succeeded);
        }
        Assert.Equal("a b c d", world.Show("api"));
    }

    [Fact]
    public void What_says_nothing_about_the_endpoint_neither_counts_nor_interrupts()
    {
        using var world = World();
        var endpoint = world.Endpoint("a");
        for (var i = 0; i < 10; i++)
        {
            End(endpoint, LeaseOutcome.Canceled);
        }
        Requests.Fail(endpoint, 4);
        End(endpoint, LeaseOutcome.Canceled);
        Assert.Equal("a b c d", world.Show("api"));
        Requests.Fail(endpoint, 1);
        Assert.Equal("!a b c d", world.Show("api"));
    }

    [Fact]
    public void Statuses_count_only_where_asked_for()
    {
        using var world = World();
        Requests.Answer(world.Endpoint("a"), 10, 10);
        Assert.Equal("a b c d", world.Show("api"));
        Assert.Equal(0, world.Endpoint("a").Failures);

        using var asked = World(new OutlierOptions { Statuses = [new(500, 500), new(502, 504)] });
        foreach (var status in new[] { 500, 502, 503, 504 })
        {
            Requests.Answer(asked.Endpoint("a"), status);
        }
        Requests.Answer(asked.Endpoint("b"), 501);
        Requests.Answer(asked.Endpoint("a"), 500);
        Assert.Equal("!a b c d", asked.Show("api"));
        Assert.Equal((5, 0), (asked.Endpoint("a").Failures, asked.Endpoint("b").Failures));
    }

    [Fact]
    public void An_answer_counts_even_if_the_client_leaves_before_its_end()
    {
        using var world = World(new OutlierOptions { Statuses = [new(500, 599)] });
        for (var i = 0; i < 4; i++)
        {
            Requests.Answer(world.Endpoint("a"), 500, LeaseOutcome.Canceled);
        }
        Requests.Answer(world.Endpoint("a"), 200, LeaseOutcome.Canceled);
        Requests.Fail(world.Endpoint("a"), 4);
        Assert.Equal("a b c d", world.Show("api"));
        Requests.Answer(world.Endpoint("a"), 500, LeaseOutcome.Canceled);
        Assert.Equal("!a b c d", world.Show("api"));
    }

    [Fact]
    public void A_good_head_with_a_broken_body_is_an_error_and_one_lease_is_one_error()
    {
        using var world = World(new OutlierOptions { Statuses = [new(500, 599)] });
        for (var i = 0; i < 2; i++)
        {
            Requests.Answer(world.Endpoint("a"), 500, LeaseOutcome.Failed);
            Requests.Answer(world.Endpoint("a"), 200, LeaseOutcome.Failed);
        }
        Assert.Equal("a b c d", world.Show("api"));
        Requests.Answer(world.Endpoint("a"), 200, LeaseOutcome.Failed);
        Assert.Equal("!a b c d", world.Show("api"));
    }

    [Fact]
    public void Each_in_a_row_takes_as_long_again_up_to_the_limit_and_time_in_service_forgives()
    {
        using var world = World(new OutlierOptions { EjectionTime = TimeSpan.FromSeconds(10), MaxEjectionTime = TimeSpan.FromSeconds(35) });
        foreach (var expected in new[] { 10, 20, 30, 35, 35 })
        {
            Requests.Fail(world.Endpoint("a"), 5);
            world.Pass(expected - 1);
            Assert.Equal("!a b c d", world.Show("api"));
            world.Pass(1);
            Assert.Equal("a b c d", world.Show("api"));
        }
        // Five so far; after three times ten seconds two are left, and this is the third.
        world.Pass(30);
        Requests.Fail(world.Endpoint("a"), 5);
        world.Pass(29);
        Assert.Equal("!a b c d", world.Show("api"));
        world.Pass(1);
        world.Pass(3600);
        Requests.Fail(world.Endpoint("a"), 5);
        world.Pass(10);
        Assert.Equal("a b c d", world.Show("api"));
    }

    [Theory]
    [InlineData(1, 50, 1)]
    [InlineData(2, 50, 1)]
    [InlineData(3, 50, 1)]
    [InlineData(4, 50, 2)]
    [InlineData(10, 50, 5)]
    [InlineData(10, 0, 1)]
    [InlineData(10, 25, 2)]
    [InlineData(10, 100, 10)]
    public void At_most_a_share_is_ejected_but_one_always_may(int endpoints, int share, int expected)
    {
        using var world = World(new OutlierOptions { MaxEjected = share }, endpoints);
        foreach (var state in world["api"].Snapshot.Endpoints)
        {
            Requests.Fail(state.Endpoint, 50);
        }
        Assert.Equal(expected, endpoints - world["api"].Snapshot.AvailableCount);
        Assert.StartsWith("!a", world.Show("api"), StringComparison.Ordinal);
    }

    [Fact]
    public void Endpoints_that_take_no_connection_count_in_the_share_but_leave_whatever_it_is()
    {
        using var world = World();
        Fail(world.Endpoint("a"));
        Fail(world.Endpoint("b"));
        Requests.Fail(world.Endpoint("c"), 5);
        Assert.Equal("!a !b c d", world.Show("api"));
        Fail(world.Endpoint("c"));
        Assert.Equal("!a !b !c d", world.Show("api"));
        // Refused before, but the errors go on.
        world.Pass(1);
        Requests.Fail(world.Endpoint("c"), 5);
        Assert.Equal("a b !c d", world.Show("api"));
        Assert.Equal("5 errors in a row", world.State("c").Reason);
    }

    [Fact]
    public void Endpoints_that_are_out_anyway_are_no_part_of_the_whole()
    {
        using var world = World();
        world.Open().Observe("api", Seen(Up("a"), Up("b"), Up("c", state: SourceState.Critical), Up("d", 0)));
        Requests.Fail(world.Endpoint("a"), 5);
        Requests.Fail(world.Endpoint("b"), 5);
        Assert.Equal("!a b !c !d", world.Show("api"));
    }

    [Fact]
    public void Both_verdicts_are_shown_and_each_ends_in_its_time()
    {
        using var world = World();
        Requests.Fail(world.Endpoint("a"), 5);
        Fail(world.Endpoint("a"));
        Assert.Equal("connect failed 1 times in a row; 5 errors in a row", world.State("a").Reason);
        world.Pass(1);
        Assert.Equal("5 errors in a row", world.State("a").Reason);
        End(world.Endpoint("a"), LeaseOutcome.Succeeded);
        Assert.Equal("!a b c d", world.Show("api"));
        world.Pass(4);
        Assert.Equal("a b c d", world.Show("api"));
    }

    [Fact]
    public void What_began_before_an_ejection_counts_no_more()
    {
        using var world = World();
        var endpoint = world.Endpoint("a");
        var hanging = Enumerable.Range(0, 5).Select(_ => Lease.Begin(endpoint)).ToArray();
        Requests.Fail(endpoint, 5);
        world.Pass(5);
        for (var i = 0; i < hanging.Length; i++)
        {
            hanging[i].End(LeaseOutcome.Failed);
        }
        Assert.Equal("a b c d", world.Show("api"));
    }

    [Fact]
    public void Errors_while_it_is_out_are_settled_when_it_returns()
    {
        using var world = World();
        Requests.Fail(world.Endpoint("a"), 5 + 4);
        world.Pass(5);
        Requests.Fail(world.Endpoint("a"), 4);
        Assert.Equal("a b c d", world.Show("api"));
        Requests.Fail(world.Endpoint("a"), 1);
        Assert.Equal("!a b c d", world.Show("api"));
    }

    [Fact]
    public void Two_services_that_share_an_address_do_not_share_a_verdict()
    {
        using var world = World();
        world.Open().Observe("web", Seen("a", "b", "c", "d"));
        Requests.Fail(world.Endpoint("a"), 5);
        Assert.Equal("!a b c d", world.Show("api"));
        Assert.Equal("a b c d", world.Show("web"));
    }

    [Fact]
    public void Turned_off_nothing_is_counted_and_nobody_stays_out()
    {
        var options = new OutlierOptions();
        using var world = new TestCatalog(new CatalogOptions { PolicyFor = _ => new ServicePolicy { Outliers = options } });
        world.Open().Observe("api", Seen("a", "b"));
        Requests.Fail(world.Endpoint("a"), 5);
        Assert.Equal("!a b", world.Show("api"));
        options = new OutlierOptions { ConsecutiveErrors = 0 };
        world.Catalog.Reconfigure(new CatalogOptions { PolicyFor = _ => new ServicePolicy { Outliers = options } });
        Assert.Equal("a b", world.Show("api"));
        Assert.Null(world.Endpoint("a").Errors);
        Requests.Fail(world.Endpoint("a"), 50);
        Assert.Equal("a b", world.Show("api"));
    }

    [Fact]
    public void One_that_leaves_and_comes_back_starts_clean()
    {
        using var world = World();
        Requests.Fail(world.Endpoint("a"), 5);
        var gone = world.Endpoint("a");
        world.Open().Observe("api", Seen("b", "c", "d"));
        Requests.Fail(gone, 5);
        world.Open().Observe("api", Seen("a", "b", "c", "d"));
        Assert.Equal("a b c d", world.Show("api"));
    }

    [Fact]
    public void Errors_on_many_threads_eject_once()
    {
        using var world = World();
        world.Observer.Take();
        var endpoint = world.Endpoint("a");
        Parallel.For(0, 1000, _ => Requests.Fail(endpoint, 1));
        Assert.Equal(["api ~ n/a (5 errors in a row)"], world.Observer.Take());
        world.Pass(5);
        Assert.Equal("a b c d", world.Show("api"));
    }
}
