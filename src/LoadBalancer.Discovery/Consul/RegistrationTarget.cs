using System.Net;

namespace LoadBalancer.Discovery.Consul;

/// <summary>What the program knows of itself and the registration needs.</summary>
/// <param name="Port">The port that clients reach it at when the options name none.</param>
/// <param name="Admin">Where the admin interface listens; null, or an address that the agent does not reach, lets Consul check the port instead.</param>
/// <param name="Version">Shown in the registration's meta data.</param>
public sealed record RegistrationTarget(int Port, IPEndPoint? Admin, string Version)
{
    /// <summary>The admin's /readyz as the agent reaches it, or null.</summary>
    /// <param name="address">The address that the balancer registers; null when the agent runs on the same machine.</param>
    public Uri? ReadyUrl(string? address)
    {
        if (Admin is null)
        {
            return null;
        }
        var isAny = Admin.Address.Equals(IPAddress.Any) || Admin.Address.Equals(IPAddress.IPv6Any);
        if (!isAny && IPAddress.IsLoopback(Admin.Address) && address is not null)
        {
            return null;
        }
        var host = isAny ? IPAddress.Parse(address ?? "127.0.0.1") : Admin.Address;
        return new Uri($"http://{new IPEndPoint(host, Admin.Port)}/readyz");
    }
}
