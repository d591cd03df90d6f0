using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>Endpoints that one observation lacked.</summary>
/// <param name="At">When, by <see cref="CatalogContext.Uptime"/>.</param>
/// <param name="Writer">The writer of their service.</param>
/// <param name="Endpoints">The endpoints.</param>
internal readonly record struct Loss(TimeSpan At, ServiceWriter Writer, ImmutableArray<ObservedEndpoint> Endpoints);
