namespace LoadBalancer.Admin;

/// <summary>A limit of requests at once as /api/services shows it.</summary>
/// <param name="InUse">Requests inside.</param>
/// <param name="Limit">The limit of this moment.</param>
internal sealed record PlacesView(int InUse, int Limit);
