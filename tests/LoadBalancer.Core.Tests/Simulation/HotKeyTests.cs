using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Tests.Simulation;

public class HotKeyTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(HashTableKind.Maglev)]
    [InlineData(HashTableKind.Ring)]
    public void A_key_with_a_third_of_the_load_overloads_nobody_unless_the_bound_is_off(HashTableKind table)
    {
        var bounded = Run(table, 1.25);
        var unbounded = Run(table, 0);
        output.WriteLine(bounded.Describe($"{table}, bounded"));
        output.WriteLine(unbounded.Describe($"{table}, not bounded"));
        // Alone, the endpoint of the hot key would get a third and its tenth of the rest, which is more than it can do.
        Assert.True(unbounded.Percentile(99) > TimeSpan.FromSeconds(1));
        Assert.True(bounded.Percentile(99) < TimeSpan.FromMilliseconds(100));
        Assert.True(unbounded.Endpoints.Keys.Max(unbounded.ShareOf) > 0.35);
        Assert.True(bounded.Endpoints.Keys.Max(bounded.ShareOf) < 0.2);
    }

    private static SimulationResult Run(HashTableKind table, double factor)
    {
        using var service = new SimulatedService(new ServicePolicy { Balance = BalanceAlgorithm.Hash, HashTable = table, HashBalanceFactor = factor }, seed: 1);
        for (var i = 0; i < 10; i++)
        {
            service.Add($"e{i}", ServiceTime.LogNormal(TimeSpan.FromMilliseconds(10)), concurrency: 4);
        }
        return service.Run(1600, TimeSpan.FromSeconds(20), static random => random.Next(3) == 0 ? 42UL : (ulong)random.NextInt64(long.MinValue, long.MaxValue));
    }
}
