using System.Collections.Immutable;

namespace LoadBalancer.Core.Model.Meta;

/// <summary>What came of reading the <see cref="MetaSettings"/> of a registration.</summary>
/// <param name="Policy">The policy with them; null when something in them is wrong, so that none of them counts.</param>
/// <param name="Problems">
/// What is wrong; beside a policy, what of them does not count. Each names its key and the remedy, for people.
/// </param>
public sealed record MetaReading(ServicePolicy? Policy, ImmutableArray<string> Problems);
