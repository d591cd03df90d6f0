using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Health;

public class SlowStartTests(ITestOutputHelper output)
{
    private static TestCatalog World(ServicePolicy? policy = null) =>
        TestCatalog.Of(policy ?? new ServicePolicy { SlowStart = TimeSpan.FromSeconds(8) }, Up("a", 3), Up("b"), Up("c"));

    private static double[] Ramps(TestCatalog world) => [.. world["api"].Snapshot.Endpoints.Select(static state => state.Ramp)];

    [Fact]
    public void At_the_start_nobody_warms_up()
    {
        using var world = World();
        Assert.Equal([1, 1, 1], Ramps(world));
        world.Open().Observe("web", Seen("a"));
        Assert.Equal(1, world["web"].Snapshot.Endpoints[0].Ramp);
    }

    [Fact]
    public void A_new_endpoint_rises_in_steps_to_its_weight()
    {
        using var world = World();
        world.Open().Observe("api", Seen(Up("a", 3), Up("b"), Up("c"), Up("d", 5)));
        world.Observer.Take();
        for (var step = 0; step < 8; step++)
        {
            Assert.Equal([1, 1, 1, ((2 * step) + 1) / 16.0], Ramps(world));
            Assert.Equal((5, true, null), (world.State("d").Weight, world.State("d").IsAvailable, world.State("d").Reason));
            world.Pass(1);
        }
        Assert.Equal([1, 1, 1, 1], Ramps(world));
        // It is shown, but it is no news; and when it is over the snapshot stays.
        Assert.Empty(world.Observer.Take());
        var snapshot = world["api"].Snapshot;
        world.Pass(10);
        Assert.Same(snapshot, world["api"].Snapshot);
    }

    [Fact]
    public void Whoever_comes_back_warms_up_whatever_it_was_out_for()
    {
        using var world = World();
        var feed = world.Open();
        Fail(world.Endpoint("a"));
        world.Pass(1);
        Assert.Equal([1 / 16.0, 1, 1], Ramps(world));
        world.Pass(8);
        foreach (var state in new[] { SourceState.Critical, SourceState.Drain })
        {
            feed.Observe("api", Seen(Up("a", 3, state: state), Up("b"), Up("c")));
            Assert.Equal([1, 1, 1], Ramps(world));
            feed.Observe("api", Seen(Up("a", 3), Up("b"), Up("c")));
            Assert.Equal([1 / 16.0, 1, 1], Ramps(world));
            world.Pass(8);
            Assert.Equal([1, 1, 1], Ramps(world));
        }
        Requests.Fail(world.Endpoint("a"), 5);
        world.Pass(5);
        Assert.Equal([1 / 16.0, 1, 1], Ramps(world));
    }

    [Fact]
    public void Another_weight_or_state_in_between_does_not_start_it_again()
    {
        using var world = World();
        world.Open().Observe("api", Seen(Up("a", 3), Up("b"), Up("c"), Up("d")));
        world.Pass(4);
        world.Open().Observe("api", Seen(Up("a", 3), Up("b"), Up("c"), Up("d", 7, state: SourceState.Warning)));
        Assert.Equal([1, 1, 1, 9 / 16.0], Ramps(world));
    }

    [Fact]
    public void Turned_off_it_ends_at_once()
    {
        using var world = World();
        world.Open().Observe("api", Seen(Up("a", 3), Up("b"), Up("c"), Up("d")));
        world.Catalog.Reconfigure(new CatalogOptions());
        Assert.Equal([1, 1, 1, 1], Ramps(world));
    }

    [Fact]
    public void Many_that_warm_up_cost_as_many_snapshots_as_one()
    {
        using var world = World();
        string[] ids = ["a", "b", "c"];
        for (var i = 0; i < 20; i++)
        {
            ids = [.. ids, $"x{i}"];
            world.Time.Advance(TimeSpan.FromMilliseconds(17));
            world.Open().Observe("api", Seen(ids));
        }
        var before = world["api"].Snapshot.Version;
        world.Pass(20);
        Assert.InRange(world["api"].Snapshot.Version - before, 8, 10);
        Assert.All(Ramps(world), static ramp => Assert.Equal(1, ramp));
    }

    [Fact]
    public void However_short_it_is_a_step_takes_a_tenth_of_a_second()
    {
        using var world = World(new ServicePolicy { SlowStart = TimeSpan.FromMilliseconds(1) });
        var feed = world.Open();
        var before = world["api"].Snapshot.Version;
        feed.Observe("api", Seen(Up("a", 3), Up("b"), Up("c"), Up("d")));
        world.Pass(1);
        Assert.Equal([1, 1, 1, 1], Ramps(world));
        Assert.Equal(before + 2, world["api"].Snapshot.Version);
    }

    /// <summary>The endpoint that warms up gets its share of the traffic: 5/16 of what each of the nine others gets.</summary>
    [Theory]
    [MemberData(nameof(Algorithms.All), MemberType = typeof(Algorithms))]
    public void Every_algorithm_gives_it_less_in_proportion(BalanceAlgorithm balance) => Distribute(new ServicePolicy { Balance = balance });

    [Fact]
    public void A_ring_gives_it_less_too() => Distribute(new ServicePolicy { Balance = BalanceAlgorithm.Hash, HashTable = HashTableKind.Ring });

    private void Distribute(ServicePolicy policy)
    {
        var ids = Ids(10).ToArray();
        using var world = TestCatalog.Of(
            policy with { SlowStart = TimeSpan.FromSeconds(8), EndpointLimits = new() { MaxRequests = policy.Balance == BalanceAlgorithm.First ? 160 : 0 }, HashBalanceFactor = 0 },
            [.. ids[1..].Select(static id => Up(id))]);
        world.Open().Observe("api", Seen(ids));
        world.Pass(2);
        var picker = world["api"].Snapshot.PickerFor("")!;
        Assert.Equal(5 / 16.0, world.State(ids[0]).Ramp);
        var random = new Random(1);
        var counts = ids.ToDictionary(static id => id, static _ => 0);
        var leases = new Queue<SimulatedLease>();
        // Whoever looks at what is in flight fills up in proportion; the others get some of it in turn.
        var atOnce = policy.Balance == BalanceAlgorithm.First ? (9 * 160) + 50 : 1600;
        for (var i = 0; i < 40_000; i++)
        {
            var lease = new SimulatedLease(picker.PickOne((ulong)random.NextInt64()).Endpoint);
            counts[lease.Id]++;
            leases.Enqueue(lease);
            if (leases.Count > atOnce)
            {
                leases.Dequeue().End();
            }
        }
        var inFlight = leases.GroupBy(static lease => lease.Id).ToDictionary(static group => group.Key, static group => group.Count());
        var share = counts[ids[0]] / ((40_000.0 - counts[ids[0]]) / 9);
        output.WriteLine($"{policy.Balance} {policy.HashTable}: {share * 16:F2}/16 of another; in flight {string.Join(' ', ids.Select(id => inFlight.GetValueOrDefault(id)))}");
        if (policy.Balance == BalanceAlgorithm.First)
        {
            // Full with 5/16 of the limit, so that the next ones are filled.
            Assert.Equal(50, inFlight[ids[0]]);
        }
        else
        {
            // A ring is off by some 20 %.
            var tolerance = policy.HashTable == HashTableKind.Ring ? 0.35 : 0.1;
            Assert.InRange(share, 5 / 16.0 * (1 - tolerance), 5 / 16.0 * (1 + tolerance));
        }
    }

    private sealed class SimulatedLease(Endpoint endpoint)
    {
        private Lease _lease = Lease.Begin(endpoint);

        public string Id { get; } = endpoint.Id.ServiceId;

        public void End() => _lease.End(LeaseOutcome.Succeeded);
    }

    [Theory]
    [InlineData(HashTableKind.Maglev, 0.02)]
    [InlineData(HashTableKind.Ring, 0.0)]
    public void A_step_moves_hardly_a_key_but_those_that_the_new_one_takes(HashTableKind table, double others)
    {
        var ids = Ids(10).ToArray();
        using var world = TestCatalog.Of(
            new ServicePolicy { Balance = BalanceAlgorithm.Hash, HashTable = table, HashBalanceFactor = 0, SlowStart = TimeSpan.FromSeconds(8) }, [.. ids[1..].Select(static id => Up(id))]);
        var random = new Random(1);
        var keys = Enumerable.Range(0, 20_000).Select(_ => (ulong)random.NextInt64()).ToArray();
        string[] Owners() => [.. keys.Select(key => world["api"].Snapshot.PickerFor("")!.PickOne(key).Endpoint.Id.ServiceId)];
        var before = Owners();
        world.Open().Observe("api", Seen(ids));
        for (var step = 0; step <= 8; step++)
        {
            var after = Owners();
            var moved = before.Zip(after).Count(pair => pair.First != pair.Second && pair.Second != ids[0]);
            output.WriteLine($"{table} step {step}: {after.Count(id => id == ids[0])} keys, {moved} of others moved");
            Assert.InRange(moved, 0, others * keys.Length);
            before = after;
            world.Pass(1);
        }
    }
}
