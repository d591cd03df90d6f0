namespace LoadBalancer.Registry.State;

/// <summary>An instance's share of the traffic in either usable state; 0 to 65535, as in an SRV record.</summary>
internal sealed record ServiceWeights(int Passing = 1, int Warning = 1);
