namespace LoadBalancer.Soak;

/// <summary>What the balancer says of a service.</summary>
/// <param name="Requests">Requests and connections that asked for it.</param>
/// <param name="InFlight">Those that run, over its endpoints.</param>
/// <param name="Total">Attempts, over its endpoints.</param>
/// <param name="Failures">Attempts that failed, over its endpoints.</param>
internal sealed record ServiceFigures(long Requests, int InFlight, long Total, long Failures);
