namespace LoadBalancer.Registry.State;

/// <summary>One value of a service's tagged addresses.</summary>
internal sealed record ServiceAddress(string Address, int Port);
