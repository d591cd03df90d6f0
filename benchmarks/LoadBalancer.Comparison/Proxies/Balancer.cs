using System.Globalization;
using System.Text.Json.Nodes;
using LoadBalancer.Comparison.Workloads;

namespace LoadBalancer.Comparison.Proxies;

/// <summary>The balancer, <c>lb run --config lb.json</c>.</summary>
/// <param name="name">What the report calls it.</param>
/// <param name="program">The path of lb.</param>
/// <param name="engine">The listener's <c>engine</c>, or null to leave the choice to lb.</param>
public sealed class Balancer(string name, string program, string? engine) : IProxy
{
    private const string Service = "bench";

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool IsYardstick => false;

    /// <inheritdoc/>
    public bool Serves(Workload workload) => true;

    /// <inheritdoc/>
    public LaunchPlan Prepare(ProxySite site)
    {
        var file = Path.Combine(site.Folder, "lb.json");
        File.WriteAllText(file, Configuration(site).ToJsonString());
        return new LaunchPlan(program, ["run", "--config", file], new Dictionary<string, string>
        {
            // The runtime sizes its pools, and lb its loops, by the cores it sees.
            ["DOTNET_PROCESSOR_COUNT"] = site.Threads.ToString(CultureInfo.InvariantCulture),
        });
    }

    private JsonObject Configuration(ProxySite site)
    {
        var listener = new JsonObject { ["bind"] = $"127.0.0.1:{site.Port}" };
        if (site.Kind == WorkloadKind.Http)
        {
            // The route is <service>.<domain>, which is the Host of every request here.
            listener["protocol"] = "http";
        }
        else
        {
            listener["protocol"] = "tcp";
            listener["service"] = Service;
        }
        if (engine is not null)
        {
            listener["engine"] = engine;
        }
        var endpoints = new JsonArray([.. site.BackendPorts.Select(port => JsonValue.Create($"127.0.0.1:{port}"))]);
        return new JsonObject
        {
            ["listeners"] = new JsonObject { ["bench"] = listener },
            ["discovery"] = new JsonObject { ["static"] = new JsonObject { [Service] = endpoints } },
            ["routing"] = new JsonObject { ["domain"] = "haproxy.service.consul" },
            ["admin"] = new JsonObject { ["bind"] = $"127.0.0.1:{site.AdminPort}" },
        };
    }
}
