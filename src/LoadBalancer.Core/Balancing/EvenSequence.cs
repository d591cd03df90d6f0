namespace LoadBalancer.Core.Balancing;

/// <summary>
/// Numbers that are spread evenly over all 64 bits in every stretch of the sequence: multiples of the golden ratio (Knuth,
/// "The Art of Computer Programming", volume 3, section 6.4). Of a thousand draws a share of 5 % gets 50, not 50 more or
/// less seven as of random ones, and no regular pattern of requests falls in step with it. For many threads, without a lock.
/// </summary>
/// <param name="start">Where it starts; random, so that many balancers do not march in step.</param>
internal sealed class EvenSequence(ulong start)
{
    private ulong _place = start;

    public ulong Next() => Interlocked.Add(ref _place, 0x9E3779B97F4A7C15);
}
