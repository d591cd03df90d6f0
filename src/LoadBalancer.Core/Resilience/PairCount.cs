namespace LoadBalancer.Core.Resilience;

/// <summary>Events, and how many of them are of the kind that matters: both in one word, so that they change together.</summary>
internal readonly record struct PairCount(long Packed)
{
    public const long OneEvent = 1L << 32;
    public const long OneMarked = 1;

    public uint Events => (uint)(Packed >> 32);

    public uint Marked => (uint)Packed;

    public static PairCount operator +(PairCount left, PairCount right) => new(left.Packed + right.Packed);

    public static PairCount operator -(PairCount left, PairCount right) => new(left.Packed - right.Packed);
}
