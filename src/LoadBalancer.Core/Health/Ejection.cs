namespace LoadBalancer.Core.Health;

/// <summary>How long an endpoint is out after connections to it failed.</summary>
public static class Ejection
{
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    /// <summary>1 s after the first failure, doubling with each in a row, at most 30 s.</summary>
    public static TimeSpan TimeAfter(int failuresInARow) =>
        failuresInARow >= 6 ? s_longest : s_first * (1 << (failuresInARow - 1));
}
