namespace LoadBalancer.Core.Model;

/// <summary>An endpoint that came, went or changed.</summary>
/// <param name="Service">The service's name.</param>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Before">Its state in the former snapshot, null when it came.</param>
/// <param name="After">Its state in the new snapshot, null when it went.</param>
public readonly record struct EndpointChange(string Service, Endpoint Endpoint, EndpointState? Before, EndpointState? After);
