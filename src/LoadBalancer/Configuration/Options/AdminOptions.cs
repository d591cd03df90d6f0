using System.ComponentModel;
using System.Net;

namespace LoadBalancer.Configuration.Options;

/// <summary>The admin interface: health, services, metrics.</summary>
public sealed record AdminOptions
{
    /// <summary>Where it listens.</summary>
    [Description("Address and port of the admin interface. Whoever reaches it may operate the balancer: keep it on a private address.")]
    public BindAddress Bind { get; init; } = BindAddress.Of(IPAddress.Loopback, 8404);
}
