using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Core.Resilience;

/// <summary>How many retries and hedges a service may add to its requests.</summary>
public sealed record RetryBudgetOptions
{
    /// <summary>Retries per request of the last <see cref="RetryBudget.Window"/>: 0 to 1.</summary>
    [Description("Retries and hedges per request of the last 10 s.")]
    [Range(0.0, 1.0)]
    public double Ratio { get; init; } = 0.2;

    /// <summary>Retries per second that are always allowed, so that a service with little traffic can retry at all.</summary>
    [Description("Retries and hedges that are always allowed, per second on average over 10 s: 10 allows a hundred at once.")]
    [Range(0, 1_000_000)]
    public int MinimumPerSecond { get; init; } = 10;
}
