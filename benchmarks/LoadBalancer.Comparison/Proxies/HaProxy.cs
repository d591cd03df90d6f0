using System.Globalization;
using LoadBalancer.Comparison.Workloads;

namespace LoadBalancer.Comparison.Proxies;

/// <summary>HAProxy with what a careful operator sets for speed, and nothing that costs; optionally with splice.</summary>
/// <param name="program">The path of haproxy.</param>
/// <param name="splice">Relay with splice whatever can be. (With <c>splice-auto</c> 2.6 decided against it even for bulk.)</param>
public sealed class HaProxy(string program, bool splice) : IProxy
{
    /// <inheritdoc/>
    public string Name => splice ? "haproxy-splice" : "haproxy";

    /// <inheritdoc/>
    public bool IsYardstick => true;

    /// <inheritdoc/>
    public bool Serves(Workload workload) => !splice || workload.IsLarge || workload.Kind == WorkloadKind.TcpEcho;

    /// <inheritdoc/>
    public LaunchPlan Prepare(ProxySite site)
    {
        var file = Path.Combine(site.Folder, "haproxy.cfg");
        File.WriteAllText(file, Configuration(site));
        return new LaunchPlan(program, ["-db", "-f", file]);
    }

    private string Configuration(ProxySite site) => string.Create(CultureInfo.InvariantCulture, $"""
        global
            nbthread {site.Threads}
            maxconn {(4 * site.Connections) + 1024}
            {(splice ? $"maxpipes {(2 * site.Connections) + 64}" : "")}

        defaults
            mode {(site.Kind == WorkloadKind.Http ? "http" : "tcp")}
            timeout connect 5s
            timeout client 60s
            timeout server 60s
            {(site.Kind == WorkloadKind.Http ? "http-reuse always" : "")}
            {(splice ? "option splice-request\n    option splice-response" : "")}

        frontend bench
            bind 127.0.0.1:{site.Port} backlog 4096
            default_backend bench

        backend bench
            balance roundrobin
            {string.Join("\n    ", site.BackendPorts.Select((port, i) => $"server s{i} 127.0.0.1:{port}"))}

        """);
}
