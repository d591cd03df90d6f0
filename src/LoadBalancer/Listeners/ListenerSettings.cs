using LoadBalancer.Configuration.Options;

namespace LoadBalancer.Listeners;

/// <summary>What the configuration says of one listener, in the form in which connections use it.</summary>
/// <param name="Name">Its name in lb.json.</param>
/// <param name="Bind">Where it listens.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="Service">The service of a TCP listener; of an HTTP listener the one for requests that nothing else matches.</param>
/// <param name="Trusted">Whose X-Forwarded-* headers are believed.</param>
/// <param name="MaxConnections">How many connections may be open; 0 for no limit.</param>
/// <param name="Backlog">How many connections may wait to be accepted.</param>
internal sealed record ListenerSettings(
    string Name,
    BindAddress Bind,
    ListenerProtocol Protocol,
    string? Service,
    TrustedNetworks Trusted,
    int MaxConnections,
    int Backlog);
