namespace LoadBalancer.Core.Health.Checks;

/// <summary>One way to ask a subject how it is. Knows nothing of intervals, thresholds or who asks.</summary>
public interface IHealthCheck
{
    /// <summary>
    /// Asks once. Every failure of the subject, its own time limit included, is a <see cref="CheckStatus.Critical"/>
    /// result with the reason as output; it throws only <see cref="OperationCanceledException"/>, when <paramref name="ct"/> ends.
    /// </summary>
    Task<CheckResult> RunAsync(CancellationToken ct);
}
