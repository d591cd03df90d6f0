using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>
/// Told of every good observation, under the writer's lock, and decides about endpoints that it lacks: a reason to hold
/// them, or null to drop them.
/// </summary>
/// <param name="lost">The endpoints that the source named before and does not name now; often none.</param>
/// <param name="gained">How many endpoints more the source names now than before; below zero when fewer.</param>
internal delegate string? LossJudge(ImmutableArray<ObservedEndpoint> lost, int gained);
