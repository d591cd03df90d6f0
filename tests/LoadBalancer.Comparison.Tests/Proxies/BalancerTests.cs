using System.Text.Json.Nodes;
using LoadBalancer.Comparison.Proxies;
using LoadBalancer.Comparison.Workloads;

namespace LoadBalancer.Comparison.Tests.Proxies;

public sealed class BalancerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Http_is_routed_by_the_host_of_every_request()
    {
        var (plan, json) = Prepare(WorkloadKind.Http, engine: null);

        Assert.Equal(["run", "--config", Path.Combine(_folder, "lb.json")], plan.Arguments);
        Assert.Equal("2", plan.Environment!["DOTNET_PROCESSOR_COUNT"]);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""
            {
              "listeners": { "bench": { "bind": "127.0.0.1:1000", "protocol": "http" } },
              "discovery": { "static": { "bench": ["127.0.0.1:2000", "127.0.0.1:2001"] } },
              "routing": { "domain": "haproxy.service.consul" },
              "admin": { "bind": "127.0.0.1:1001" }
            }
            """), json), json.ToJsonString());
    }

    [Fact]
    public void Tcp_names_its_service_and_the_engine_is_passed_on()
    {
        var (_, json) = Prepare(WorkloadKind.TcpEcho, engine: "reactor");

        Assert.Equal("""{"bind":"127.0.0.1:1000","protocol":"tcp","service":"bench","engine":"reactor"}""", json["listeners"]!["bench"]!.ToJsonString());
    }

    private (LaunchPlan Plan, JsonNode Json) Prepare(WorkloadKind kind, string? engine)
    {
        var plan = new Balancer("lb", "/lb", engine).Prepare(new ProxySite(_folder, 1000, 1001, [2000, 2001], kind, 2, 64));
        return (plan, JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "lb.json")))!);
    }
}
