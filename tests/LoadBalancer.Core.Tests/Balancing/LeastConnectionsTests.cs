using CsCheck;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Balancing;

public class LeastConnectionsTests
{
    [Fact]
    public void Whatever_is_in_flight_the_smallest_load_for_its_weight_is_picked() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[0, 9]).Array[1, 20].Sample(static endpoints =>
        {
            using var world = RoundRobinTests.Weighted([.. endpoints.Select(static one => one.Item1)], BalanceAlgorithm.LeastConnections);
            foreach (var (state, (_, inFlight)) in world["api"].Snapshot.Endpoints.Zip(endpoints))
            {
                Load(state.Endpoint, inFlight);
            }
            var least = endpoints.Min(static one => (double)one.Item2 / one.Item1);
            for (var i = 0; i < 2 * endpoints.Length; i++)
            {
                var picked = world["api"].Snapshot.PickerFor("")!.PickOne();
                Assert.Equal(least, (double)picked.Endpoint.InFlight / picked.Weight);
            }
        }, iter: 500);

    [Fact]
    public void Of_those_that_are_left_the_smallest_is_tried_next()
    {
        using var world = RoundRobinTests.Weighted([1, 1, 1, 1], BalanceAlgorithm.LeastConnections);
        int[] inFlight = [3, 1, 4, 2];
        foreach (var (state, count) in world["api"].Snapshot.Endpoints.Zip(inFlight))
        {
            Load(state.Endpoint, count);
        }
        Assert.Equal([1, 2, 3, 4], Picks.Tries(world["api"].Snapshot.PickerFor("")!).Select(static state => state.Endpoint.InFlight));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Ties_are_taken_in_turn(int inFlight)
    {
        using var world = RoundRobinTests.Weighted([1, 1, 1, 1, 1], BalanceAlgorithm.LeastConnections);
        foreach (var state in world["api"].Snapshot.Endpoints)
        {
            Load(state.Endpoint, inFlight);
        }
        Assert.Equal([20, 20, 20, 20, 20], RoundRobinTests.Counts(world, 100));
    }

    [Fact]
    public void Without_load_weights_are_exact()
    {
        using var world = RoundRobinTests.Weighted([5, 1, 1, 2, 11], BalanceAlgorithm.LeastConnections);
        Assert.Equal([5, 1, 1, 2, 11], RoundRobinTests.Counts(world, 20));
    }

    [Fact]
    public void Load_that_runs_follows_the_weights()
    {
        using var world = RoundRobinTests.Weighted([1, 2, 7], BalanceAlgorithm.LeastConnections);
        for (var i = 0; i < 10_000; i++)
        {
            Load(world["api"].Snapshot.PickerFor("")!.PickOne().Endpoint, 1);
        }
        var inFlight = world["api"].Snapshot.Endpoints.Select(static state => state.Endpoint.InFlight).ToArray();
        Assert.Equal([1000.0, 2000, 7000], inFlight.Select(static count => (double)count), static (a, b) => Math.Abs(a - b) <= 7);
    }

    internal static void Load(Endpoint endpoint, int requests)
    {
        for (var i = 0; i < requests; i++)
        {
            _ = Lease.Begin(endpoint);
        }
    }
}
