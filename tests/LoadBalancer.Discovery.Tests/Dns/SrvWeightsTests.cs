using CsCheck;
using LoadBalancer.Discovery.Dns;

namespace LoadBalancer.Discovery.Tests.Dns;

public sealed class SrvWeightsTests
{
    [Theory]
    [InlineData(new[] { 1, 9 }, new[] { 1, 9 })]
    [InlineData(new[] { 0, 0, 0 }, new[] { 1, 1, 1 })]
    [InlineData(new[] { 0 }, new[] { 1 })]
    [InlineData(new[] { 0, 1, 3 }, new[] { 1, 100, 300 })]
    [InlineData(new[] { 0, 200, 300 }, new[] { 1, 200, 300 })]
    [InlineData(new[] { 65535, 65535 }, new[] { 65535, 65535 })]
    [InlineData(new int[0], new int[0])]
    public void Weights_keep_their_proportions_and_zero_is_a_very_small_chance(int[] weights, int[] expected) =>
        Assert.Equal(expected, SrvWeights.Share([.. weights.Select(weight => (weight, 1))]));

    [Fact]
    public void The_addresses_of_a_target_share_its_weight() =>
        Assert.Equal([3, 6, 4], SrvWeights.Share([(1, 2), (1, 1), (2, 3)]));

    [Fact]
    public void Every_weight_is_positive_and_no_sum_overflows() =>
        Gen.Select(Gen.Int[0, 65535], Gen.Int[1, 50]).Array[1, 300].Sample(targets =>
        {
            var shares = SrvWeights.Share(targets);
            Assert.All(shares, share => Assert.InRange(share, 1, 1_000_000));
        });

    [Fact]
    public void A_larger_weight_never_gets_a_smaller_share() =>
        Gen.Int[0, 65535].Array[2, 20].Sample(weights =>
        {
            var shares = SrvWeights.Share([.. weights.Select(weight => (weight, 1))]);
            var inOrder = weights.Zip(shares).OrderBy(pair => pair.First).Select(pair => pair.Second).ToArray();
            Assert.Equal(inOrder.Order(), inOrder);
        });
}
