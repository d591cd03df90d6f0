namespace LoadBalancer.Discovery.Dns;

/// <summary>Turns the SRV weights of one priority into weights of endpoints, in which 0 would mean "no traffic".</summary>
internal static class SrvWeights
{
    private const int Largest = 1_000_000;

    /// <summary>
    /// RFC 2782: weights that are all 0 mean no preference; among others a 0 has "a very small chance of being
    /// selected", here at most a hundredth of the smallest other weight. A target's weight is shared by its addresses.
    /// </summary>
    /// <param name="targets">Weight and number of addresses (1 or more) of each target.</param>
    /// <returns>The weight of each address of each target, 1 or more.</returns>
    public static int[] Share(IReadOnlyList<(int Weight, int Addresses)> targets)
    {
        var smallest = targets.Where(target => target.Weight > 0).Select(target => target.Weight).DefaultIfEmpty(0).Min();
        var hasZero = targets.Any(target => target.Weight == 0);
        long factor = smallest > 0 && hasZero ? (100 + smallest - 1) / smallest : 1;
        var multiple = targets.Select(target => (long)target.Addresses).Aggregate(1L, LeastCommonMultiple);
        var shares = targets.Select(target => Math.Max(1, target.Weight * factor) * (double)multiple / target.Addresses).ToArray();
        var scale = Math.Min(1, Largest / shares.DefaultIfEmpty(1).Max());
        return [.. shares.Select(share => (int)Math.Max(1, Math.Round(share * scale)))];
    }

    private static long LeastCommonMultiple(long a, long b)
    {
        var (divisor, rest) = (a, b);
        while (rest != 0)
        {
            (divisor, rest) = (rest, divisor % rest);
        }
        // Beyond this the shares are rounded instead of exact.
        return Math.Min(a / divisor * b, 5_040);
    }
}
