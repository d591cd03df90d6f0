using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Balancing;

public class PeakEwmaTests
{
    [Fact]
    public void Of_two_the_faster_gets_it()
    {
        using var world = RoundRobinTests.Weighted([1, 1], BalanceAlgorithm.PeakEwma);
        Answer(world, "a", 50);
        Answer(world, "b", 10);
        Assert.All(Picks.Take(world["api"], 20), static id => Assert.Equal("b", id));
    }

    [Fact]
    public void The_faster_gets_it_only_while_waiting_for_it_pays()
    {
        using var world = RoundRobinTests.Weighted([1, 1], BalanceAlgorithm.PeakEwma);
        Answer(world, "a", 50);
        Answer(world, "b", 10);
        // 10 ms x (4 + 1) is still 50 ms, 10 ms x (5 + 1) is more.
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 10; i++)
        {
            var endpoint = world["api"].Snapshot.PickerFor("")!.PickOne().Endpoint;
            _ = Lease.Begin(endpoint);
            counts[endpoint.Id.ServiceId] = counts.GetValueOrDefault(endpoint.Id.ServiceId) + 1;
        }
        Assert.InRange(counts["a"], 1, 2);
    }

    [Fact]
    public void One_slow_answer_counts_at_once_and_is_forgotten_with_time()
    {
        using var world = RoundRobinTests.Weighted([1, 1], BalanceAlgorithm.PeakEwma);
        Answer(world, "a", 10);
        Answer(world, "b", 10);
        Answer(world, "a", 1000);
        Assert.All(Picks.Take(world["api"], 20), static id => Assert.Equal("b", id));
        // ln(100) x 10 s until a second looks like ten milliseconds; b goes on answering.
        var seconds = 0;
        for (; !Picks.Take(world["api"], 10).Contains("a"); seconds++)
        {
            world.Time.Advance(TimeSpan.FromSeconds(1));
            Answer(world, "b", 10);
        }
        Assert.InRange(seconds, 35, 60);
    }

    [Fact]
    public void A_new_endpoint_is_tried_with_one_request_at_a_time()
    {
        using var world = RoundRobinTests.Weighted([1, 1], BalanceAlgorithm.PeakEwma);
        Answer(world, "b", 10);
        Assert.All(Picks.Take(world["api"], 5), static id => Assert.Equal("a", id));
        var first = Lease.Begin(Endpoint(world, "a"));
        Assert.All(Picks.Take(world["api"], 20), static id => Assert.Equal("b", id));
        world.Time.Advance(TimeSpan.FromMilliseconds(1));
        first.End(LeaseOutcome.Succeeded);
        Assert.Contains("a", Picks.Take(world["api"], 20));
    }

    [Theory]
    [InlineData(LeaseOutcome.Failed)]
    [InlineData(LeaseOutcome.Canceled)]
    public void Failing_fast_does_not_look_fast_and_failing_late_looks_slow(LeaseOutcome outcome)
    {
        using var world = TestCatalog.Of(new ServicePolicy { Balance = BalanceAlgorithm.PeakEwma, Outliers = new OutlierOptions { ConsecutiveErrors = 0 } }, Up("a"), Up("b"));
        Answer(world, "a", 50);
        Answer(world, "b", 10);
        for (var i = 0; i < 100; i++)
        {
            Answer(world, "a", 1, outcome);
            Answer(world, "b", 10);
        }
        Assert.All(Picks.Take(world["api"], 20), static id => Assert.Equal("b", id));
        Answer(world, "b", 3000, outcome);
        Assert.All(Picks.Take(world["api"], 20), static id => Assert.Equal("a", id));
    }

    [Fact]
    public void What_comes_after_the_first_byte_does_not_count()
    {
        using var world = RoundRobinTests.Weighted([1, 1], BalanceAlgorithm.PeakEwma);
        Answer(world, "b", 20);
        var download = Lease.Begin(Endpoint(world, "a"));
        world.Time.Advance(TimeSpan.FromMilliseconds(10));
        download.Answered();
        world.Time.Advance(TimeSpan.FromSeconds(1));
        download.Answered();
        download.End(LeaseOutcome.Succeeded);
        Assert.All(Picks.Take(world["api"], 20), static id => Assert.Equal("a", id));
    }

    [Theory]
    [InlineData(new[] { 1, 9 })]
    [InlineData(new[] { 2, 3, 5 })]
    public void Equally_fast_endpoints_that_idle_keep_their_weights(int[] weights)
    {
        using var world = RoundRobinTests.Weighted(weights, BalanceAlgorithm.PeakEwma);
        Assert.Equal(weights, RoundRobinTests.Counts(world, weights.Sum()));
    }

    [Fact]
    public void Load_that_runs_follows_the_weights()
    {
        using var world = RoundRobinTests.Weighted([1, 2, 7], BalanceAlgorithm.PeakEwma);
        foreach (var id in new[] { "a", "b", "c" })
        {
            Answer(world, id, 10);
        }
        world.Time.Advance(TimeSpan.Zero);
        for (var i = 0; i < 10_000; i++)
        {
            _ = Lease.Begin(world["api"].Snapshot.PickerFor("")!.PickOne().Endpoint);
        }
        var inFlight = world["api"].Snapshot.Endpoints.Select(static state => (double)state.Endpoint.InFlight);
        Assert.Equal([1000.0, 2000, 7000], inFlight, static (a, b) => Math.Abs(a - b) <= 100);
    }

    [Fact]
    public void Turned_on_and_off_while_requests_run_it_stays_right()
    {
        var balance = BalanceAlgorithm.RoundRobin;
        CatalogOptions Options() => new() { PolicyFor = _ => new ServicePolicy { Balance = balance } };
        using var world = new TestCatalog(Options());
        world.Open().Observe("api", Seen("a", "b"));
        var before = Lease.Begin(Endpoint(world, "a"));
        var old = world["api"].Snapshot.PickerFor("")!;
        world.Time.Advance(TimeSpan.FromSeconds(100));
        balance = BalanceAlgorithm.PeakEwma;
        world.Catalog.Reconfigure(Options());
        before.End(LeaseOutcome.Succeeded);
        Answer(world, "a", 10);
        Answer(world, "b", 20);
        Assert.All(Picks.Take(world["api"], 20), static id => Assert.Equal("a", id));
        var measured = Lease.Begin(Endpoint(world, "b"));
        var measuring = world["api"].Snapshot.PickerFor("")!;
        balance = BalanceAlgorithm.LeastRequest;
        world.Catalog.Reconfigure(Options());
        measured.End(LeaseOutcome.Succeeded);
        Assert.NotNull(measuring.PickOne());
        Assert.NotNull(old.PickOne());
        Assert.Equal(10, Picks.Take(world["api"], 20).Count("a".Equals));
    }

    private static void Answer(TestCatalog world, string id, int milliseconds, LeaseOutcome outcome = LeaseOutcome.Succeeded)
    {
        var lease = Lease.Begin(Endpoint(world, id));
        world.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        lease.End(outcome);
    }

    private static Endpoint Endpoint(TestCatalog world, string id) => world["api"].Snapshot.Endpoints.Single(state => state.Endpoint.Id.ServiceId == id).Endpoint;
}
