using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Core.Health.Outliers;

/// <summary>
/// When an endpoint is ejected for what its answers say, and for how long. Connections that cannot be made have a verdict of
/// their own (<see cref="Ejection"/>) that is always on.
/// </summary>
public sealed record OutlierOptions : IValidatableObject
{
    /// <summary>Errors in a row that eject an endpoint; 0 for never.</summary>
    [Description("So many errors in a row eject an endpoint. An error is a timeout, a reset, an answer that cannot be understood, or one of `statuses`. 0 turns it off.")]
    [Range(0, 10_000)]
    public int ConsecutiveErrors { get; init; } = 5;

    /// <summary>Statuses of answers that count as errors; none unless asked for, because a request may be at fault itself.</summary>
    [Description("Statuses that count as errors too: `\"503\"`, `\"5xx\"` or `\"502-504\"`.")]
    [Display(Prompt = "5xx")]
    public ImmutableArray<StatusRange> Statuses { get; init; } = [];

    /// <summary>Compares endpoints by their success rates; null for no comparison.</summary>
    [Description("Ejects an endpoint that fails more often than the others. Absent or `null`: off.")]
    public SuccessRateOptions? SuccessRate { get; init; }

    /// <summary>Damps endpoints that come and go; null for no damping.</summary>
    [Description("Keeps out for a while an endpoint whose checks keep failing and passing. Absent or `null`: off.")]
    public FlappingOptions? Flapping { get; init; }

    /// <summary>How long the first ejection takes; the n-th in a row takes n times as long.</summary>
    [Description("How long the first ejection takes, as a duration. The second in a row takes twice as long, the third three times; one is forgiven for each such time without a new one.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan EjectionTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an ejection takes at most.</summary>
    [Description("How long an ejection takes at most, as a duration.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan MaxEjectionTime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The share of a service's endpoints that may be ejected, in percent; one always may.</summary>
    [Description("The share of a service's endpoints that may be ejected at once, in percent; one always may. Endpoints that take no connection count, but leave whatever the share is.")]
    [Range(0, 100)]
    public int MaxEjected { get; init; } = 50;

    /// <summary>True when answers are counted.</summary>
    internal bool CountsAnswers => ConsecutiveErrors > 0 || SuccessRate is not null;

    /// <summary>True when an answer with this status counts as an error.</summary>
    public bool IsError(int status) => !Statuses.IsEmpty && HasStatus(status);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MaxEjectionTime < EjectionTime)
        {
            yield return new ValidationResult("is shorter than ejectionTime", [nameof(MaxEjectionTime)]);
        }
    }

    private bool HasStatus(int status)
    {
        foreach (var range in Statuses)
        {
            if (range.Contains(status))
            {
                return true;
            }
        }
        return false;
    }
}
