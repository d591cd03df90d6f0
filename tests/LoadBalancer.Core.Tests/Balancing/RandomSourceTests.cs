using LoadBalancer.Core.Balancing;

namespace LoadBalancer.Core.Tests.Balancing;

public class RandomSourceTests
{
    [Fact]
    public void The_reference_sequence_of_SplitMix64()
    {
        // https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64, seed 1234567.
        var random = new RandomSource(1234567);
        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL], [random.Next(), random.Next(), random.Next()]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void Bounded_numbers_are_even(int bound)
    {
        var random = new RandomSource(7);
        var counts = new int[bound];
        for (var i = 0; i < bound * 1000; i++)
        {
            counts[random.Next(bound)]++;
        }
        Assert.All(counts, static count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void The_largest_bound_stays_in_range()
    {
        var random = new RandomSource(7);
        for (var i = 0; i < 1000; i++)
        {
            Assert.InRange(random.Next(int.MaxValue), 0, int.MaxValue - 1);
        }
    }
}
