using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text.Json.Serialization;
using LoadBalancer.Configuration.Binding;

namespace LoadBalancer.Tests.Configuration;

/// <summary>One property of every type that the binder knows.</summary>
public sealed record BoundSample
{
    [Description("Text.")]
    public string Text { get; init; } = "default";

    [Description("Text or null.")]
    public string? MaybeText { get; init; } = "default";

    [Description("Flag.")]
    public bool Flag { get; init; }

    [Description("Small.")]
    [Range(-10, 10)]
    public int Small { get; init; }

    [Description("Big.")]
    public long Big { get; init; }

    [Description("Ratio.")]
    public double Ratio { get; init; } = 0.5;

    [Description("Time.")]
    public TimeSpan Time { get; init; }

    [Description("Number or null.")]
    public int? Maybe { get; init; } = 1;

    [Description("Day.")]
    public DayOfWeek Day { get; init; }

    [Description("A type of the base library.")]
    public IPAddress? Address { get; init; }

    [Description("Array.")]
    public string[] Array { get; init; } = [];

    [Description("Immutable array.")]
    public ImmutableArray<int> Immutable { get; init; } = [];

    [Description("Immutable map.")]
    public ImmutableDictionary<string, int> ImmutableMap { get; init; } = ImmutableDictionary<string, int>.Empty;

    [Description("Map of lists.")]
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Map { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    [Description("Renamed.")]
    [JsonPropertyName("other-name")]
    public string? Renamed { get; init; }

    [Description("Nested.")]
    public BoundEntry Nested { get; init; } = new();

    [Description("Pair.")]
    public BoundPair? Pair { get; init; }

    [Description("Entries.")]
    [DefaultsEntry("*")]
    public IReadOnlyDictionary<string, BoundEntry> Entries { get; init; } = new Dictionary<string, BoundEntry>();

    public int Hidden { get; init; }
}
