using System.Net;
using LoadBalancer.Configuration.Options;

namespace LoadBalancer.Commands.Demo;

/// <summary>The ports of 127.0.0.1 that the demo uses.</summary>
/// <param name="Web">The balancer's.</param>
/// <param name="Admin">The admin interface's.</param>
/// <param name="Registry">The embedded registry's HTTP interface's.</param>
/// <param name="Dns">The embedded registry's DNS interface's, UDP and TCP.</param>
internal sealed record DemoPorts(int Web, int Admin, int Registry, int Dns)
{
    /// <summary>The ports that stand in the documents.</summary>
    public static DemoPorts Default { get; } = new(8080, 8404, 8500, 8600);

    public EmbeddedRegistryOptions ToRegistry() => new()
    {
        Http = BindAddress.Of(IPAddress.Loopback, Registry),
        Dns = BindAddress.Of(IPAddress.Loopback, Dns),
    };

    /// <summary>The message about a taken address with the demo's options in the place of lb.json's keys.</summary>
    public static string Explain(string message) => message
        .Replace("set listeners.web.bind to another port", "choose another port with --port", StringComparison.Ordinal)
        .Replace("set admin.bind to another port", "choose another port with --admin-port", StringComparison.Ordinal)
        .Replace("set registry.http to another port", "choose another port with --registry-port", StringComparison.Ordinal)
        .Replace("set registry.dns to another port", "choose another port with --dns-port", StringComparison.Ordinal);
}
