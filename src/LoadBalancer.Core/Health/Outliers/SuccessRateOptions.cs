using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Core.Health.Outliers;

/// <summary>When an endpoint fails more often than the others of its service.</summary>
public sealed record SuccessRateOptions
{
    /// <summary>How long requests are counted before endpoints are compared.</summary>
    [Description("How long requests are counted before endpoints are compared, as a duration.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Endpoints with fewer requests in the interval are not compared.</summary>
    [Description("Endpoints with fewer requests in the interval are not compared.")]
    [Range(1, 1_000_000)]
    public int MinimumRequests { get; init; } = 50;

    /// <summary>With fewer endpoints to compare, none is ejected.</summary>
    [Description("With fewer endpoints to compare, none is ejected.")]
    [Range(2, 10_000)]
    public int MinimumEndpoints { get; init; } = 3;

    /// <summary>How many standard deviations an endpoint must be below the mean.</summary>
    [Description("How far below the mean of the others' success rates an outlier is, in their standard deviations.")]
    [Range(0.0, 10.0)]
    public double Deviations { get; init; } = 1.9;

    /// <summary>How many percentage points an endpoint must be below the mean at least.</summary>
    [Description("How far below that mean an outlier is at least, in percentage points: where all are alike, a single error is no outlier.")]
    [Range(0.1, 100.0)]
    public double Margin { get; init; } = 10;
}
