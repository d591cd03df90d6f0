using CsCheck;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Balancing;

public class RandomTests
{
    [Theory]
    [InlineData(new[] { 1, 1, 1 })]
    [InlineData(new[] { 1, 9 })]
    [InlineData(new[] { 5, 1, 1, 2, 11 })]
    [InlineData(new[] { 1, 1_000_000 })]
    public void Shares_follow_the_weights(int[] weights)
    {
        const int picks = 200_000;
        using var world = RoundRobinTests.Weighted(weights, BalanceAlgorithm.Random);
        var counts = RoundRobinTests.Counts(world, picks);
        for (var i = 0; i < weights.Length; i++)
        {
            var share = (double)weights[i] / weights.Sum();
            // Five standard deviations of the binomial distribution.
            Assert.Equal(share * picks, counts[i], 1 + (5 * Math.Sqrt(picks * share * (1 - share))));
        }
    }

    [Fact]
    public void Any_weights_keep_their_shares() => Gen.Int[1, 1000].Array[1, 30].Sample(static weights =>
    {
        const int picks = 20_000;
        using var world = RoundRobinTests.Weighted(weights, BalanceAlgorithm.Random);
        var counts = RoundRobinTests.Counts(world, picks);
        // Chi squared with 29 degrees of freedom or fewer is above 90 once in ten million times.
        var expected = weights.Select(weight => (double)picks * weight / weights.Sum()).ToArray();
        Assert.InRange(expected.Zip(counts, static (e, c) => (c - e) * (c - e) / Math.Max(1, e)).Sum(), 0, 90);
    }, iter: 50);

    [Fact]
    public void Neighbours_are_independent()
    {
        using var world = RoundRobinTests.Weighted([1, 1], BalanceAlgorithm.Random);
        var picks = Picks.Take(world["api"], 10_000);
        Assert.InRange(picks.Zip(picks.Skip(1)).Count(static pair => pair.First == pair.Second), 4750, 5250);
    }

    [Fact]
    public void A_retry_keeps_the_weights_of_the_others()
    {
        using var world = RoundRobinTests.Weighted([10, 1, 3], BalanceAlgorithm.Random);
        var endpoints = world["api"].Snapshot.Endpoints;
        var counts = new Dictionary<EndpointState, int>();
        for (var i = 0; i < 40_000; i++)
        {
            var context = new PickContext();
            context.Exclude(endpoints[0].Endpoint);
            var picked = world["api"].Snapshot.PickerFor("")!.Pick(ref context)!;
            counts[picked] = counts.GetValueOrDefault(picked) + 1;
        }
        Assert.DoesNotContain(endpoints[0], counts.Keys);
        Assert.InRange(counts[endpoints[2]] / 40_000.0, 0.73, 0.77);
    }
}
