using System.Diagnostics.CodeAnalysis;

namespace LoadBalancer.Configuration;

/// <summary>What came of reading a configuration: options, or else every error that it has.</summary>
/// <param name="Options">The options; null exactly when there are errors.</param>
/// <param name="Errors">All errors in the order of the file.</param>
/// <param name="Warnings">What is allowed but probably not meant.</param>
public sealed record ConfigurationResult(LbOptions? Options, IReadOnlyList<ConfigurationError> Errors, IReadOnlyList<ConfigurationError> Warnings)
{
    /// <summary>True when <see cref="Options"/> may be used.</summary>
    [MemberNotNullWhen(true, nameof(Options))]
    public bool IsValid => Options is not null;
}
