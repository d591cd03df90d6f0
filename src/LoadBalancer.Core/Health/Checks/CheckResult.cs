namespace LoadBalancer.Core.Health.Checks;

/// <summary>The outcome of one run of a check.</summary>
/// <param name="Status">What was found.</param>
/// <param name="Output">Text for the person who asks why; at most 4096 characters of the subject's own words.</param>
public readonly record struct CheckResult(CheckStatus Status, string Output)
{
    /// <summary>The outcome in a few words on one line: "HTTP 503 from GET /health"; null when <see cref="Output"/> is all there is.</summary>
    public string? Summary { get; init; }

    /// <summary>True when this machine had no socket or process left to ask with: then <see cref="Status"/> says nothing about the subject.</summary>
    public bool IsShortage { get; init; }
}
