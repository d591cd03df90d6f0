using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Core.Resilience;

/// <summary>Between what an <see cref="AdaptiveLimit"/> moves, and how fast.</summary>
public sealed record AdaptiveLimitOptions : IValidatableObject
{
    /// <summary>Requests at once that are always allowed: at least 1.</summary>
    [Description("Requests at once that are always allowed.")]
    [Range(1, 1_000_000)]
    public int Min { get; init; } = 4;

    /// <summary>Requests at once that are never exceeded.</summary>
    [Description("Requests at once that are never exceeded.")]
    [Range(1, 1_000_000)]
    public int Max { get; init; } = 1000;

    /// <summary>The limit before anything was measured, between the two.</summary>
    [Description("The limit before anything was measured.")]
    [Range(1, 1_000_000)]
    public int Initial { get; init; } = 50;

    /// <summary>How many times the latency without load the latency may be before the limit falls: 1 to 10.</summary>
    [Description("How many times the latency without load the latency may be before the limit falls.")]
    [Range(1.0, 10.0)]
    public double Tolerance { get; init; } = 1.5;

    /// <summary>How long measurements are gathered before the limit moves: 10 ms to a minute.</summary>
    [Description("How long latencies are gathered before the limit moves, as a duration.")]
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan Window { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often, under constant load, the latency without load is measured again: a second to a day.</summary>
    [Description("How often, under constant load, the limit is lowered for a moment to measure the latency without load, as a duration.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MeasureEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Initial < Min || Initial > Max)
        {
            yield return new ValidationResult($"{Initial} is not between min ({Min}) and max ({Max})", [nameof(Initial)]);
        }
    }
}
