using System.ComponentModel;

namespace LoadBalancer.Tests.Configuration;

/// <summary>A record inside another.</summary>
public sealed record BoundEntry
{
    [Description("Inner.")]
    public int Inner { get; init; }

    [Description("Deep.")]
    public BoundPair? Deep { get; init; }
}
