namespace LoadBalancer.Discovery.Consul;

/// <summary>What the program knows of itself and the registration needs.</summary>
/// <param name="Port">The port that clients reach it at when the options name none.</param>
/// <param name="ReadyUrl">The admin's /readyz as the agent reaches it; null lets Consul check the port instead.</param>
/// <param name="Version">Shown in the registration's meta data.</param>
public sealed record RegistrationTarget(int Port, Uri? ReadyUrl, string Version);
