using LoadBalancer.Core.Balancing;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>Every balancing algorithm, for theories.</summary>
internal static class Algorithms
{
    public static TheoryData<BalanceAlgorithm> All => [.. Enum.GetValues<BalanceAlgorithm>()];
}
