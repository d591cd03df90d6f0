using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Consul;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests.Consul;

/// <summary>Against one real agent, shared: each test has its own services.</summary>
public sealed class ConsulSourceTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private ConsulAgent Agent => shared.Agent;

    private ConsulOptions Only(params string[] services) => new() { Address = Agent.Address.AbsoluteUri, Services = services };

    [Fact]
    public async Task A_service_comes_changes_and_goes()
    {
        await using var source = new RunningSource(Only("come"));
        await Eventually.True(() => source.Feed.Completions > 0, "an empty Consul is complete");
        Assert.Empty(source.Feed.Services);

        await Agent.RegisterAsync(new { ID = "come-1", Name = "come", Address = "10.1.1.1", Port = 80, Tags = new[] { "v1", "blue" }, Meta = new { zone = "a" }, Weights = new { Passing = 7, Warning = 3 } });
        await source.Feed.UntilEndpointAsync("come", "come-1", _ => true, "is there");
        var endpoint = source.Feed.Endpoint("come", "come-1")!;
        Assert.Equal(new EndpointId("node-dc1", "come-1"), endpoint.Id);
        Assert.Equal("10.1.1.1:80", endpoint.Address);
        Assert.Equal((7, 3), (endpoint.Weight, endpoint.WarningWeight));
        Assert.Equal((SourceState.Passing, null), (endpoint.State, endpoint.Reason));
        Assert.Equal(["v1", "blue"], endpoint.Tags);
        Assert.Equal("a", endpoint.Meta["zone"]);
        Assert.Equal("dc1", endpoint.Datacenter);

        await Agent.RegisterAsync(new { ID = "come-1", Name = "come", Address = "10.1.1.1", Port = 81, Weights = new { Passing = 9, Warning = 3 } });
        await source.Feed.UntilEndpointAsync("come", "come-1", e => e is { Weight: 9, Port: 81, Tags.Length: 0 }, "its new weight and port");

        // No address of its own: its node's.
        await Agent.RegisterAsync(new { ID = "come-2", Name = "come", Port = 82 });
        await source.Feed.UntilEndpointAsync("come", "come-2", e => e.Address == "127.0.0.1:82", "the node's address");

        await Agent.DeregisterAsync("come-1");
        await source.Feed.UntilAsync("come", seen => seen.Endpoints is [{ Id.ServiceId: "come-2" }], "one is left");
        await Agent.DeregisterAsync("come-2");
        await source.Feed.UntilAsync("come", seen => seen is { Endpoints.IsEmpty: true }, "none is left");
        Assert.All(source.Feed.Log("come"), entry => Assert.Null(Assert.IsType<Observation.Seen>(entry.Observation).Doubt));

        // It comes again after its watch has ended.
        await Agent.RegisterAsync(new { ID = "come-3", Name = "come", Port = 83 });
        await source.Feed.UntilEndpointAsync("come", "come-3", _ => true, "is back");
        Assert.Empty(source.Feed.Failures);
    }

    [Fact]
    public async Task What_is_registered_or_changed_last_is_the_newest_registration()
    {
        await using var source = new RunningSource(Only("newest"));
        await Agent.RegisterAsync(new { ID = "newest-1", Name = "newest", Port = 80, Meta = new { zone = "a" } });
        await source.Feed.UntilEndpointAsync("newest", "newest-1", _ => true, "is there");
        await Agent.RegisterAsync(new { ID = "newest-2", Name = "newest", Port = 81 });
        await source.Feed.UntilEndpointAsync("newest", "newest-2", _ => true, "is there");
        Assert.True(Registered("newest-2") > Registered("newest-1"));

        await Agent.RegisterAsync(new { ID = "newest-1", Name = "newest", Port = 80, Meta = new { zone = "b" } });
        await source.Feed.UntilEndpointAsync("newest", "newest-1", endpoint => endpoint.Meta["zone"] == "b", "has other meta");
        Assert.True(Registered("newest-1") > Registered("newest-2"));

        ulong Registered(string id) => source.Feed.Endpoint("newest", id)!.Registered;
    }

    [Fact]
    public async Task The_worst_check_decides_and_maintenance_drains()
    {
        await Agent.RegisterAsync(new
        {
            ID = "state-1",
            Name = "state",
            Port = 80,
            Checks = new[] { new { CheckID = "st-a", Name = "alive", TTL = "1h", Status = "passing" }, new { CheckID = "st-b", Name = "disk", TTL = "1h", Status = "passing" } },
        });
        await using var source = new RunningSource(Only("state"));
        await source.Feed.UntilEndpointAsync("state", "state-1", e => e.State == SourceState.Passing, "passing");

        await Agent.PutAsync("v1/agent/check/warn/st-a?note=slow");
        await source.Feed.UntilEndpointAsync("state", "state-1", e => e is { State: SourceState.Warning, Reason: "check 'alive' warning: slow" }, "warning");
        await Agent.PutAsync("v1/agent/check/fail/st-b?note=%1bfull%0asecond%20line");
        await source.Feed.UntilEndpointAsync("state", "state-1", e => e is { State: SourceState.Critical, Reason: "check 'disk' critical: full" }, "critical");
        await Agent.PutAsync("v1/agent/check/pass/st-a");
        await Agent.PutAsync("v1/agent/check/pass/st-b");
        await source.Feed.UntilEndpointAsync("state", "state-1", e => e is { State: SourceState.Passing, Reason: null }, "passing again");

        await Agent.MaintenanceAsync("state-1", true);
        await source.Feed.UntilEndpointAsync("state", "state-1", e => e is { State: SourceState.Drain, Reason: "maintenance: test" }, "drained");
        await Agent.MaintenanceAsync("state-1", false);
        await source.Feed.UntilEndpointAsync("state", "state-1", e => e.State == SourceState.Passing, "ready again");

        await Agent.PutAsync("v1/agent/maintenance?enable=true&reason=kernel");
        await source.Feed.UntilEndpointAsync("state", "state-1", e => e is { State: SourceState.Drain, Reason: "node maintenance: kernel" }, "its node drained");
        await Agent.PutAsync("v1/agent/maintenance?enable=false");
        await source.Feed.UntilEndpointAsync("state", "state-1", e => e.State == SourceState.Passing, "its node ready again");
    }

    [Fact]
    public async Task A_dead_node_takes_all_of_its_endpoints_out()
    {
        await using var source = new RunningSource(Only("far"));
        await Agent.CatalogRegisterAsync(new
        {
            Node = "far-node",
            Address = "10.9.9.9",
            Service = new { ID = "far-1", Service = "far", Port = 80 },
            Checks = new[] { new { Node = "far-node", CheckID = "serfHealth", Name = "Serf Health Status", Status = "passing", Output = "" } },
        });
        await source.Feed.UntilEndpointAsync("far", "far-1", e => e is { State: SourceState.Passing, Address: "10.9.9.9:80" }, "passing");
        await Agent.CatalogRegisterAsync(new
        {
            Node = "far-node",
            Address = "10.9.9.9",
            Check = new { Node = "far-node", CheckID = "serfHealth", Name = "Serf Health Status", Status = "critical", Output = "Agent not live or unreachable" },
        });
        await source.Feed.UntilEndpointAsync("far", "far-1", e => e is { State: SourceState.Critical, Reason: "check 'Serf Health Status' critical: Agent not live or unreachable" }, "critical");
    }

    [Fact]
    public async Task What_has_no_port_is_left_out_and_said_once()
    {
        await Agent.RegisterAsync(new { ID = "portless-1", Name = "portless" });
        await Agent.RegisterAsync(new { ID = "portless-2", Name = "portless", Port = 80 });
        await using var source = new RunningSource(Only("portless"));
        await source.Feed.UntilEndpointAsync("portless", "portless-2", _ => true, "is there");
        await Agent.RegisterAsync(new { ID = "portless-3", Name = "portless", Port = 81 });
        await source.Feed.UntilAsync("portless", seen => seen.Endpoints.Length == 2, "two have a port");
        Assert.Single(source.Log, line => line.Contains("portless: node-dc1/portless-1 is left out: its port is 0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_the_tag_only_the_allowed_and_never_itself()
    {
        await Agent.RegisterAsync(new { ID = "pub-1", Name = "pub", Port = 80, Tags = new[] { "public" } });
        await Agent.RegisterAsync(new { ID = "pub-2", Name = "pub", Port = 81 });
        await Agent.RegisterAsync(new { ID = "priv-1", Name = "priv", Port = 82 });
        await Agent.RegisterAsync(new { ID = "lb-1", Name = "self", Port = 83, Tags = new[] { "public" } });
        await using (var source = new RunningSource(new() { Address = Agent.Address.AbsoluteUri, Tag = "public", Register = new() { Name = "self" } }))
        {
            await Eventually.True(() => source.Feed.Completions > 0, "complete");
            Assert.Equal(["pub"], source.Feed.Services);
            Assert.Equal("pub-1", source.Feed.Seen("pub")!.Endpoints.Single().Id.ServiceId);
        }
        await using (var source = new RunningSource(new() { Address = Agent.Address.AbsoluteUri }))
        {
            await Eventually.True(() => source.Feed.Completions > 0, "complete");
            Assert.Contains("priv", source.Feed.Services);
            Assert.Contains("self", source.Feed.Services);
            Assert.DoesNotContain("consul", source.Feed.Services);
        }
        await Agent.DeregisterAsync("lb-1");
    }

    [Fact]
    public async Task Idle_it_asks_next_to_nothing()
    {
        await Agent.RegisterAsync(new { ID = "idle-1", Name = "idle", Port = 80 });
        await using var source = new RunningSource(Only("idle"));
        await Eventually.True(() => source.Requests.Any(r => r.Contains("/health/service/idle?", StringComparison.Ordinal) && r.Contains("index=", StringComparison.Ordinal)), "it watches");
        var before = source.Requests.Count;
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        Assert.InRange(source.Requests.Count - before, 0, 2);
    }

    [Fact]
    public async Task From_a_change_in_Consul_to_the_feed()
    {
        await Agent.RegisterAsync(new { ID = "quick-1", Name = "quick", Port = 80, Check = new { TTL = "1h", Status = "passing" } });
        await using var source = new RunningSource(Only("quick"));
        await source.Feed.UntilEndpointAsync("quick", "quick-1", _ => true, "is there");
        await Eventually.True(() => source.Requests.Any(r => r.Contains("index=", StringComparison.Ordinal) && r.Contains("quick", StringComparison.Ordinal)), "it watches");
        var latencies = new List<double>();
        for (var i = 0; i < 50; i++)
        {
            var wanted = i % 2 == 0 ? SourceState.Critical : SourceState.Passing;
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            await Agent.PutAsync($"v1/agent/check/{(i % 2 == 0 ? "fail" : "pass")}/service:quick-1");
            await source.Feed.UntilEndpointAsync("quick", "quick-1", e => e.State == wanted, "turned " + wanted);
            var at = source.Feed.Log("quick").Last(entry => entry.At > started).At;
            latencies.Add(System.Diagnostics.Stopwatch.GetElapsedTime(started, at).TotalMilliseconds);
        }
        latencies.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine($"from the PUT to Observe, 50 changes: median {latencies[25]:0.0} ms, p90 {latencies[45]:0.0} ms, worst {latencies[^1]:0.0} ms");
    }
}
