using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Core.Resilience;

/// <summary>When a request that has no answer yet is sent to a second endpoint, too.</summary>
public sealed record HedgeOptions
{
    /// <summary>The percentile of recent latencies after which a request is hedged: 50 to 99.9.</summary>
    [Description("The percentile of the recent times until an answer begins after which the second endpoint is asked: 95 asks one for about each twentieth request. Needs 100 answers within the last half minute; before that nothing is hedged.")]
    [Range(50.0, 99.9)]
    public double Percentile { get; init; } = 95;

    /// <summary>A fixed time instead; null to go by the percentile.</summary>
    [Description("A fixed time after which the second endpoint is asked, as a duration. Absent or `null`: `percentile` decides.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan? After { get; init; }
}
