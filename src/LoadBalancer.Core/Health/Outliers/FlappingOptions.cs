using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Core.Health.Outliers;

/// <summary>When an endpoint comes and goes so often that it is kept out.</summary>
public sealed record FlappingOptions
{
    /// <summary>How often an endpoint may come back within <see cref="Within"/>.</summary>
    [Description("How often an endpoint may come back within that time. When it does so once more, it is ejected.")]
    [Range(1, 1000)]
    public int Returns { get; init; } = 3;

    /// <summary>How long a return counts.</summary>
    [Description("How long a return counts, as a duration.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Within { get; init; } = TimeSpan.FromMinutes(5);
}
