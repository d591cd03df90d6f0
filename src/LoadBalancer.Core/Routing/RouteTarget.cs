namespace LoadBalancer.Core.Routing;

/// <summary>One of several that share the requests of a route.</summary>
/// <param name="Service">The service.</param>
/// <param name="Tag">Only its endpoints with this tag, or null.</param>
/// <param name="Weight">Its share relative to the others, from 0.</param>
public sealed record RouteTarget(string Service, string? Tag, int Weight);
