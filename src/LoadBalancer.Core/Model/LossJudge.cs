using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>Decides about endpoints that an observation lacks: a reason to hold them, or null to drop them.</summary>
/// <param name="lost">The endpoints that the source named before and does not name now.</param>
/// <param name="gained">How many endpoints more the source names now than before; below zero when fewer.</param>
internal delegate string? LossJudge(ImmutableArray<ObservedEndpoint> lost, int gained);
