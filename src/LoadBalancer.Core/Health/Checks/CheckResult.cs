namespace LoadBalancer.Core.Health.Checks;

/// <summary>The outcome of one run of a check.</summary>
/// <param name="Status">What was found.</param>
/// <param name="Output">Text for the person who asks why; at most 4096 characters of the subject's own words.</param>
public readonly record struct CheckResult(CheckStatus Status, string Output);
