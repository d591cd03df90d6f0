using CsCheck;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Balancing;

public class RoundRobinTests
{
    private static readonly Gen<int[]> s_weights = Gen.Int[1, 60].Array[1, 12];

    [Fact]
    public void One_to_nine_is_exact_over_ten_picks_from_any_start()
    {
        for (var seed = 0UL; seed < 20; seed++)
        {
            using var world = new TestCatalog(new CatalogOptions { PolicyFor = static _ => new ServicePolicy { Balance = BalanceAlgorithm.RoundRobin } }, seed);
            world.Open().Observe("api", Seen(Up("a", 1), Up("b", 9)));
            Assert.Equal(1, Picks.Take(world["api"], 10).Count("a".Equals));
        }
    }

    [Fact]
    public void Any_weights_are_exact_over_their_sum() => s_weights.Sample(static weights =>
    {
        using var world = Weighted(weights);
        var counts = Counts(world, weights.Sum());
        Assert.Equal(weights, counts);
    }, iter: 300);

    [Fact]
    public void No_endpoint_waits_much_longer_than_its_share_says() => s_weights.Sample(static weights =>
    {
        using var world = Weighted(weights);
        var sum = weights.Sum();
        var picks = Picks.Take(world["api"], 3 * sum);
        for (var i = 0; i < weights.Length; i++)
        {
            var turns = picks.Select(static (id, turn) => (id, turn)).Where(pick => pick.id == Id(i)).Select(static pick => pick.turn).ToList();
            var longest = turns.Zip(turns.Skip(1), static (a, b) => b - a).DefaultIfEmpty(0).Max();
            // Between two of its turns each other endpoint has its share, rounded up.
            var bound = 1 + weights.Where((_, j) => j != i).Sum(weight => (weight + weights[i] - 1) / weights[i]);
            Assert.InRange(longest, 0, bound);
        }
    }, iter: 200);

    [Fact]
    public void Equal_weights_take_turns_in_the_same_order()
    {
        using var world = Weighted([7, 7, 7, 7]);
        var picks = Picks.Take(world["api"], 12);
        Assert.Equal(picks[..4], picks[4..8]);
        Assert.Equal(4, picks[..4].Distinct().Count());
    }

    [Theory]
    [InlineData(1, 65535)]
    [InlineData(7919, 7907)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(int.MaxValue, 1)]
    public void Weights_too_large_for_one_round_keep_their_proportion_and_starve_nobody(int a, int b)
    {
        using var world = Weighted([a, b]);
        var counts = Counts(world, 100_000);
        Assert.All(counts, static count => Assert.NotEqual(0, count));
        Assert.Equal((double)a / ((long)a + b), counts[0] / 100_000.0, 0.001);
    }

    [Fact]
    public void Many_endpoints_of_any_weight_all_get_their_share()
    {
        var weights = Enumerable.Range(0, 2000).Select(static i => 1 + (i * 37 % 1000)).ToArray();
        using var world = Weighted(weights);
        var counts = Counts(world, 200_000);
        var unit = 200_000.0 / weights.Sum();
        Assert.All(Enumerable.Range(0, weights.Length), i => Assert.InRange(counts[i], Math.Floor(weights[i] * unit * 0.8) - 10, (weights[i] * unit * 1.2) + 20));
    }

    [Fact]
    public void From_many_threads_it_is_as_exact()
    {
        using var world = Weighted([1, 2, 7]);
        var picker = world["api"].Snapshot.PickerFor("")!;
        var counts = new int[3];
        Parallel.For(0, 10_000, _ =>
        {
            var context = new PickContext();
            Interlocked.Increment(ref counts[picker.Pick(ref context)!.Endpoint.Id.ServiceId[0] - 'a']);
        });
        Assert.Equal([1000, 2000, 7000], counts);
    }

    internal static TestCatalog Weighted(int[] weights, BalanceAlgorithm balance = BalanceAlgorithm.RoundRobin) =>
        TestCatalog.Of(balance, [.. weights.Select(static (weight, i) => Up(Id(i), weight))]);

    internal static int[] Counts(TestCatalog world, int picks)
    {
        var byId = Picks.Take(world["api"], picks).CountBy(static id => id).ToDictionary();
        return [.. world["api"].Snapshot.Endpoints.Select(state => byId.GetValueOrDefault(state.Endpoint.Id.ServiceId))];
    }

    private static string Id(int i) => i < 26 ? $"{(char)('a' + i)}" : $"z{i:D5}";
}
