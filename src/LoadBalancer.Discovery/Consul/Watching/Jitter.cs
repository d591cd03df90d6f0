namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>Randomness for many tasks out of one seed.</summary>
internal sealed class Jitter(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Between half of <paramref name="span"/> and all of it.</summary>
    public TimeSpan Spread(TimeSpan span)
    {
        lock (_random)
        {
            return span * (0.5 + (_random.NextDouble() / 2));
        }
    }
}
