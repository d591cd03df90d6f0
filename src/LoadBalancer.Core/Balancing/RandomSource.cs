namespace LoadBalancer.Core.Balancing;

/// <summary>
/// Seedable random numbers for many threads without a lock: SplitMix64 over a shared counter (Steele, Lea, Flood,
/// "Fast splittable pseudorandom number generators", 2014). Not for secrets.
/// </summary>
public sealed class RandomSource(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 random bits.</summary>
    public ulong Next()
    {
        var z = Interlocked.Add(ref _state, 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to <paramref name="bound"/> - 1 (Lemire's multiplication; the bias is below 2^-32).</summary>
    public int Next(int bound) => (int)((Next() >> 32) * (ulong)(uint)bound >> 32);
}
