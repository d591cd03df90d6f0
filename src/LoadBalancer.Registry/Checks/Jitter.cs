namespace LoadBalancer.Registry.Checks;

/// <summary>The registry's one source of randomness: seeded, and safe to be used by many.</summary>
internal sealed class Jitter(int seed)
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    /// <summary>Evenly between zero and <paramref name="limit"/>.</summary>
    public TimeSpan Below(TimeSpan limit)
    {
        lock (_gate)
        {
            return limit * _random.NextDouble();
        }
    }

    public Guid NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        lock (_gate)
        {
            _random.NextBytes(bytes);
        }
        return new Guid(bytes);
    }

    public void Shuffle<T>(T[] items)
    {
        lock (_gate)
        {
            _random.Shuffle(items);
        }
    }
}
