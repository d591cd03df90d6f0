using CsCheck;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Balancing.Hashing;

public class HashTests(ITestOutputHelper output)
{
    private const int Keys = 100_000;

    public static TheoryData<HashTableKind> Tables => [.. Enum.GetValues<HashTableKind>()];

    [Theory]
    [InlineData(HashTableKind.Maglev, new[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 0.02)]
    [InlineData(HashTableKind.Maglev, new[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, 0.02)]
    [InlineData(HashTableKind.Maglev, new[] { 1, 9 }, 0.02)]
    [InlineData(HashTableKind.Maglev, new[] { 100, 100, 100, 1 }, 0.06)] // 3,300 keys of a million: their own spread is 2 %
    [InlineData(HashTableKind.Ring, new[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 0.25)]
    [InlineData(HashTableKind.Ring, new[] { 100, 200, 300 }, 0.25)]
    public void A_million_keys_follow_the_weights(HashTableKind table, int[] weights, double margin)
    {
        const int keys = 1_000_000;
        using var world = Create(table, [.. weights.Select(static (weight, i) => Up($"e{i}", weight))]);
        var picker = world["api"].Snapshot.PickerFor("")!;
        var counts = new Dictionary<Endpoint, int>();
        for (var i = 0; i < keys; i++)
        {
            var endpoint = picker.PickOne(KeyOf(i)).Endpoint;
            counts[endpoint] = counts.GetValueOrDefault(endpoint) + 1;
        }
        var worst = 0.0;
        foreach (var state in world["api"].Snapshot.Endpoints)
        {
            var off = (counts[state.Endpoint] / (keys * (double)state.Weight / weights.Sum())) - 1;
            worst = Math.Max(worst, Math.Abs(off));
            Assert.InRange(off, -margin, margin);
        }
        output.WriteLine($"{table} {string.Join(',', weights)}: at most {worst:P2} off");
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void Without_one_of_ten_its_keys_move_and_hardly_another(HashTableKind table) =>
        AssertMoves(table, [.. Ten(static _ => 1)], static all => all[..^1], table == HashTableKind.Ring ? 0 : 0.02);

    [Theory]
    [MemberData(nameof(Tables))]
    public void Without_one_of_ten_weighted_its_keys_move_and_hardly_another(HashTableKind table) =>
        AssertMoves(table, [.. Ten(static i => 1 + i)], static all => [.. all[..4], .. all[5..]], table == HashTableKind.Ring ? 0 : 0.02);

    [Theory]
    [MemberData(nameof(Tables))]
    public void One_that_is_ejected_gets_its_keys_back(HashTableKind table)
    {
        using var world = Create(table, [.. Ten(static _ => 1)]);
        var before = Owners(world);
        Fail(world["api"].Snapshot.Endpoints[3].Endpoint);
        var without = Owners(world);
        Assert.DoesNotContain("e3", without);
        world.Pass(1);
        Assert.Equal(before, Owners(world));
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void Any_balancer_makes_the_same_table_whatever_the_order_and_the_seed(HashTableKind table)
    {
        using var one = Create(table, [.. Ten(static i => 1 + (i % 3))]);
        using var other = new TestCatalog(new CatalogOptions { PolicyFor = _ => PolicyOf(table) }, seed: 99);
        // On another balancer, which has seen other endpoints before.
        other.Open().Observe("api", Seen("x", "y"));
        other.Open("static").Observe("api", Nothing);
        other.Catalog.Close("consul");
        other.Open().Observe("api", Seen([.. Ten(static i => 1 + (i % 3)).Reverse()]));
        Assert.Equal(Owners(one), Owners(other));
    }

    [Fact]
    public void The_tables_are_the_same_in_every_release()
    {
        using var maglev = Create(HashTableKind.Maglev, [.. Ten(static _ => 1)]);
        using var ring = Create(HashTableKind.Ring, [.. Ten(static _ => 1)]);
        // During an upgrade balancers of both releases are in service.
        Assert.Equal("e7e9e1e3e6e0e7e8e3e2e9e3e4e0e8e3e0e8e0e7", string.Concat(Owners(maglev)[..20]));
        Assert.Equal("e1e8e6e6e0e7e2e3e9e7e6e5e1e6e1e3e4e3e4e2", string.Concat(Owners(ring)[..20]));
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_request_without_the_key_takes_turns(HashTableKind table)
    {
        using var world = Create(table, [Up("a", 1), Up("b", 3)]);
        Assert.Equal(25, Picks.Take(world["api"], 100).Count("a".Equals));
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void Nobody_gets_more_than_its_bound_and_a_key_overflows_to_the_same_others(HashTableKind table) =>
        Gen.Select(Gen.Int[1, 5].Array[2, 14], Gen.Int[0, 4].Array[200], Gen.OneOf(1.25, 2.0)).Sample((weights, keys, factor) =>
        {
            using var world = TestCatalog.Of(PolicyOf(table) with { HashBalanceFactor = factor }, [.. weights.Select(static (weight, i) => Up($"e{i:D2}", weight))]);
            var states = world["api"].Snapshot.Endpoints;
            for (var i = 0; i < keys.Length; i++)
            {
                var picked = world["api"].Snapshot.PickerFor("")!.PickOne(KeyOf(keys[i]));
                _ = Lease.Begin(picked.Endpoint);
                Assert.InRange(picked.Endpoint.InFlight, 1, Math.Max(2, Math.Ceiling(factor * (i + 1) * picked.Weight / weights.Sum())));
            }
            Assert.Equal(keys.Length, states.Sum(static state => state.Endpoint.InFlight));
        }, iter: 100);

    [Fact]
    public void More_endpoints_than_fit_a_byte_get_a_wider_table_that_ejections_do_not_change()
    {
        using var world = Create(HashTableKind.Maglev, [.. Ids(257).Select(static id => Up(id))]);
        var before = Owners(world);
        Assert.Equal(257, before.Distinct().Count());
        Fail(world["api"].Snapshot.Endpoints[0].Endpoint);
        Fail(world["api"].Snapshot.Endpoints[1].Endpoint);
        Assert.InRange(before.Zip(Owners(world)).Count(static pair => pair.First != pair.Second), 1, Keys / 20);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_key_keeps_its_endpoint_while_the_lease_of_its_last_request_is_about_to_end(HashTableKind table)
    {
        using var world = Create(table, [.. Ten(static _ => 1)]);
        var picker = world["api"].Snapshot.PickerFor("")!;
        var home = picker.PickOne(42).Endpoint;
        LeastConnectionsTests.Load(home, 1);
        Assert.Same(home, picker.PickOne(42).Endpoint);
        LeastConnectionsTests.Load(home, 1);
        Assert.NotSame(home, picker.PickOne(42).Endpoint);
    }

    [Fact]
    public void With_many_endpoints_the_bound_is_nearly_exact()
    {
        using var world = TestCatalog.Of(PolicyOf(HashTableKind.Maglev), [.. Ids(1000).Select(static id => Up(id))]);
        for (var i = 0; i < 20_000; i++)
        {
            _ = Lease.Begin(world["api"].Snapshot.PickerFor("")!.PickOne(KeyOf(i % 3)).Endpoint);
        }
        Assert.InRange(world["api"].Snapshot.Endpoints.Max(static state => state.Endpoint.InFlight), 20, 26);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void Without_a_bound_a_key_stays_whatever_runs(HashTableKind table)
    {
        using var world = TestCatalog.Of(PolicyOf(table) with { HashBalanceFactor = 0 }, [.. Ten(static _ => 1)]);
        var picker = world["api"].Snapshot.PickerFor("")!;
        var home = picker.PickOne(42).Endpoint;
        LeastConnectionsTests.Load(home, 1000);
        Assert.Same(home, picker.PickOne(42).Endpoint);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_retry_goes_elsewhere_and_the_same_key_always_to_the_same(HashTableKind table)
    {
        using var world = Create(table, [.. Ten(static _ => 1)]);
        var picker = world["api"].Snapshot.PickerFor("")!;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(Picks.Tries(picker, KeyOf(i))[..3], Picks.Tries(picker, KeyOf(i))[..3]);
        }
        // The second choices of one endpoint's keys are spread over all others.
        var home = picker.PickOne(KeyOf(0));
        var seconds = Enumerable.Range(0, 2000).Select(KeyOf).Where(key => picker.PickOne(key) == home).Select(key => Picks.Tries(picker, key)[1]).Distinct();
        Assert.Equal(9, seconds.Count());
    }

    [Fact]
    public void A_key_is_wanted_only_where_there_is_a_choice_by_hash()
    {
        using var world = TestCatalog.Of(PolicyOf(HashTableKind.Maglev) with { HashOn = new HashKey(HashKeyKind.Header, "X-User") }, Up("a", 1, 1), Up("b", 1, 2), Up("c", 1, 2));
        Assert.Equal(new HashKey(HashKeyKind.Header, "X-User"), world["api"].Snapshot.PickerFor("")!.HashOn);
        using var single = Create(HashTableKind.Maglev, [Up("a")]);
        Assert.Null(single["api"].Snapshot.PickerFor("")!.HashOn);
        using var turns = RoundRobinTests.Weighted([1, 1]);
        Assert.Null(turns["api"].Snapshot.PickerFor("")!.HashOn);
    }

    private void AssertMoves(HashTableKind table, ObservedEndpoint[] all, Func<ObservedEndpoint[], ObservedEndpoint[]> less, double margin)
    {
        using var before = Create(table, all);
        using var after = Create(table, less(all));
        var gone = all.Except(less(all)).Single();
        var moved = Owners(before).Zip(Owners(after)).Where(static pair => pair.First != pair.Second).ToList();
        var needless = moved.Count(pair => pair.First != gone.Id.ServiceId) / (double)Keys;
        output.WriteLine($"{table}: {moved.Count / (double)Keys:P2} of the keys moved, {needless:P2} without need");
        Assert.InRange(needless, 0, margin);
        Assert.InRange(moved.Count / (double)Keys, 0, ((double)gone.Weight / all.Sum(static one => one.Weight)) + margin + (table == HashTableKind.Ring ? 0.02 : 0));
    }

    private static string[] Owners(TestCatalog world)
    {
        var picker = world["api"].Snapshot.PickerFor("")!;
        return [.. Enumerable.Range(0, Keys).Select(i => picker.PickOne(KeyOf(i)).Endpoint.Id.ServiceId)];
    }

    private static ulong KeyOf(int i) => KeyHash.Of(BitConverter.GetBytes(i))!.Value;

    private static IEnumerable<ObservedEndpoint> Ten(Func<int, int> weight) => Enumerable.Range(0, 10).Select(i => Up($"e{i}", weight(i)));

    private static ServicePolicy PolicyOf(HashTableKind table) => new() { Balance = BalanceAlgorithm.Hash, HashTable = table };

    private static TestCatalog Create(HashTableKind table, ReadOnlySpan<ObservedEndpoint> endpoints) => TestCatalog.Of(PolicyOf(table), endpoints);
}
