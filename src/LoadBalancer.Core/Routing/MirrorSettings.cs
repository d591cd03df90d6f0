namespace LoadBalancer.Core.Routing;

/// <summary>Where copies of a route's requests go.</summary>
public sealed record MirrorSettings
{
    /// <summary>The service that gets them.</summary>
    public required string Service { get; init; }

    /// <summary>Only its endpoints with this tag, or null.</summary>
    public string? Tag { get; init; }

    /// <summary>How many of a hundred requests are copied, from 0 to 100.</summary>
    public double Percent { get; init; } = 100;

    /// <summary>How many copies the service gets at once at most.</summary>
    public int MaxInFlight { get; init; } = 100;

    /// <summary>The longest body that is copied, in bytes.</summary>
    public int MaxBody { get; init; } = 64 * 1024;
}
