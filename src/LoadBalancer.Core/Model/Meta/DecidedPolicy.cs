using System.Collections.Immutable;

namespace LoadBalancer.Core.Model.Meta;

/// <summary>The policy of a service, and what the meta of its registrations has to do with it.</summary>
/// <param name="Policy">What is in force.</param>
/// <param name="From">The registration whose meta is part of it; null when it is from the configuration alone.</param>
/// <param name="Problems">What of the meta is not in force, newest registration first.</param>
public sealed record DecidedPolicy(ServicePolicy Policy, EndpointId? From, ImmutableArray<PolicyProblem> Problems)
{
    /// <summary>True when there is nothing to tell people who know <paramref name="other"/>.</summary>
    /// <remarks>Which of many equal registrations is named, and how many there are, changes with every deployment.</remarks>
    internal bool SaysTheSameAs(DecidedPolicy other) =>
        From is null == other.From is null
        && (From is null || Policy == other.Policy)
        && Problems.Select(static problem => problem.Message).SequenceEqual(other.Problems.Select(static problem => problem.Message));
}
