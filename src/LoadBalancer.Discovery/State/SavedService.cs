using System.Collections.Immutable;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.State;

/// <summary>The last good observation of one service by one source, as the state file keeps it.</summary>
/// <param name="Source">"consul", "dns" or "static".</param>
/// <param name="Service">The service's name.</param>
/// <param name="ObservedAt">When the source last said so.</param>
/// <param name="Endpoints">All endpoints in whatever state, each identity once.</param>
public sealed record SavedService(string Source, string Service, DateTimeOffset ObservedAt, ImmutableArray<ObservedEndpoint> Endpoints);
