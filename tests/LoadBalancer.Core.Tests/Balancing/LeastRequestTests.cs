using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Balancing;

public class LeastRequestTests
{
    [Theory]
    [InlineData(new[] { 1, 9 })]
    [InlineData(new[] { 3, 3, 3 })]
    [InlineData(new[] { 5, 1, 1, 2, 11 })]
    public void Without_load_weights_are_exact(int[] weights)
    {
        using var world = RoundRobinTests.Weighted(weights, BalanceAlgorithm.LeastRequest);
        Assert.Equal(weights, RoundRobinTests.Counts(world, weights.Sum()));
    }

    [Theory]
    [InlineData(new[] { 1, 9 })]
    [InlineData(new[] { 2, 3, 5 })]
    public void One_request_at_a_time_keeps_the_weights(int[] weights)
    {
        using var world = RoundRobinTests.Weighted(weights, BalanceAlgorithm.LeastRequest);
        var picker = world["api"].Snapshot.PickerFor("")!;
        for (var i = 0; i < weights.Sum() * 10; i++)
        {
            var context = new PickContext();
            End(picker.Pick(ref context)!.Endpoint, LeaseOutcome.Succeeded);
        }
        Assert.Equal(weights.Select(static weight => weight * 10L), world["api"].Snapshot.Endpoints.Select(static state => state.Endpoint.Total));
    }

    [Fact]
    public void Of_two_the_one_with_fewer_requests_for_its_weight_is_chosen()
    {
        using var world = RoundRobinTests.Weighted([1, 1], BalanceAlgorithm.LeastRequest);
        var busy = Lease.Begin(world["api"].Snapshot.Endpoints[0].Endpoint);
        Assert.All(Picks.Take(world["api"], 100), static id => Assert.Equal("b", id));
        busy.End(LeaseOutcome.Succeeded);
        Assert.Equal(50, Picks.Take(world["api"], 100).Count("a".Equals));
    }

    [Fact]
    public void Load_is_seen_in_proportion_to_the_weight()
    {
        using var world = RoundRobinTests.Weighted([1, 4], BalanceAlgorithm.LeastRequest);
        var light = Lease.Begin(world["api"].Snapshot.Endpoints[0].Endpoint);
        var heavy = new Lease[3];
        for (var i = 0; i < heavy.Length; i++)
        {
            heavy[i] = Lease.Begin(world["api"].Snapshot.Endpoints[1].Endpoint);
        }
        // 1/1 against 3/4: the heavy one still has room.
        Assert.All(Picks.Take(world["api"], 50), static id => Assert.Equal("b", id));
        light.End(LeaseOutcome.Succeeded);
        Assert.Contains("a", Picks.Take(world["api"], 50));
    }

    [Fact]
    public void An_endpoint_that_never_answers_gets_a_bounded_share_of_what_runs()
    {
        using var world = RoundRobinTests.Weighted([1, 1, 1, 1], BalanceAlgorithm.LeastRequest);
        var picker = world["api"].Snapshot.PickerFor("")!;
        var stuck = new List<Lease>();
        for (var i = 0; i < 1000; i++)
        {
            var context = new PickContext();
            var endpoint = picker.Pick(ref context)!.Endpoint;
            if (endpoint.Id.ServiceId == "a")
            {
                stuck.Add(Lease.Begin(endpoint));
            }
            else
            {
                End(endpoint, LeaseOutcome.Succeeded);
            }
        }
        // The others idle, so that one request in flight is enough to be passed over.
        Assert.Single(stuck);
    }

    [Fact]
    public void Load_that_runs_evens_out()
    {
        using var world = RoundRobinTests.Weighted([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], BalanceAlgorithm.LeastRequest);
        var picker = world["api"].Snapshot.PickerFor("")!;
        for (var i = 0; i < 10_000; i++)
        {
            var context = new PickContext();
            _ = Lease.Begin(picker.Pick(ref context)!.Endpoint);
        }
        Assert.All(world["api"].Snapshot.Endpoints, static state => Assert.InRange(state.Endpoint.InFlight, 995, 1005));
    }
}
