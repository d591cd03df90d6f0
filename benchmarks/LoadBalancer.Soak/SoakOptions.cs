namespace LoadBalancer.Soak;

/// <summary>What to run, and for how long.</summary>
internal sealed record SoakOptions
{
    /// <summary>The path of lb.</summary>
    public required string Program { get; init; }

    /// <summary>The engine of its listeners.</summary>
    public required string Engine { get; init; }

    /// <summary>How long at most.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>After how many requests it is enough.</summary>
    public long Requests { get; init; } = long.MaxValue;

    /// <summary>Clients at once.</summary>
    public int Workers { get; init; } = 48;

    public required int Seed { get; init; }
}
