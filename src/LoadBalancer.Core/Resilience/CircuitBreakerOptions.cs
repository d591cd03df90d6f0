using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Core.Resilience;

/// <summary>When a <see cref="CircuitBreaker"/> opens, and for how long.</summary>
public sealed record CircuitBreakerOptions : IValidatableObject
{
    /// <summary>The share of failed requests that opens it: above 0, at most 1.</summary>
    [Description("The share of failed requests that opens it. Failed is what got no answer, or 500, 502, 503 or 504.")]
    [Range(0.01, 1.0)]
    public double FailureRatio { get; init; } = 0.5;

    /// <summary>With fewer requests in the window it does not open: at least 1.</summary>
    [Description("With fewer requests in the window it does not open.")]
    [Range(1, 1_000_000)]
    public int MinimumRequests { get; init; } = 20;

    /// <summary>The window in which requests count: 100 ms to ten minutes.</summary>
    [Description("How long a request counts, as a duration.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it stays open the first time; each time that its probes fail, twice as long.</summary>
    [Description("How long it stays open the first time, as a duration; each time that its probes fail, twice as long.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan OpenFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long it stays open at most: a day at most.</summary>
    [Description("How long it stays open at most, as a duration.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan OpenForMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Probes while it is half open; when so many in a row have succeeded it closes. At least 1.</summary>
    [Description("Requests that pass when that time is over; when all succeed it closes, when one fails it opens again.")]
    [Range(1, 1000)]
    public int Probes { get; init; } = 3;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (OpenForMax < OpenFor)
        {
            yield return new ValidationResult("is shorter than openFor", [nameof(OpenForMax)]);
        }
    }
}
