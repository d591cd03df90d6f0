using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Dns;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests.Dns;

/// <summary>The DNS source against the DNS of a real Consul agent.</summary>
public sealed class ConsulDnsTests
{
    [Fact]
    public async Task Two_hundred_instances_are_all_seen_with_their_weights()
    {
        await using var consul = await StartAsync();
        await Task.WhenAll(Enumerable.Range(1, 200).Select(i => Register(consul, $"a{i}", $"10.1.0.{i}", 8000 + i, weight: (i % 9) + 1)));
        await using var running = RunningSource.Start(Options(consul, "api"));

        await Eventually.True(() => running.Feed.LastOf("api") is Observation.Seen { Endpoints.Length: 200 }, "200 endpoints");

        Assert.All(running.Seen("api").Endpoints, endpoint =>
        {
            var i = endpoint.Port - 8000;
            Assert.Equal(($"10.1.0.{i}", (i % 9) + 1, "dc1"), (endpoint.Host, endpoint.Weight, endpoint.Datacenter));
        });
    }

    [Fact]
    public async Task Over_udp_a_cut_answer_is_doubtful()
    {
        await using var consul = await StartAsync();
        await Task.WhenAll(Enumerable.Range(1, 200).Select(i => Register(consul, $"a{i}", $"10.1.0.{i}", 8000 + i)));
        await using var running = RunningSource.Start(Options(consul, "api") with { Transport = DnsTransport.Udp });

        await Eventually.True(() => running.Feed.Of("api").Count > 3, "some answers");

        var seen = running.Seen("api");
        Assert.InRange(seen.Endpoints.Length, 4, 199);
        Assert.Contains("TCP", seen.Doubt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instances_come_and_go_with_registration_checks_maintenance_and_tags()
    {
        await using var consul = await StartAsync();
        await Register(consul, "a1", "10.0.0.1", 81);
        await Register(consul, "a2", "fd00::2", 82, tags: ["v2"]);
        await Register(consul, "a3", "127.0.0.1", 83);
        await using var running = RunningSource.Start(Options(consul, "api", "v2.api", "_api._tcp.service.consul", "api.service.dc1.consul.") with
        {
            Services =
            [
                new DnsServiceOptions { Name = "api" }, new DnsServiceOptions { Srv = "v2.api" }, new DnsServiceOptions { Name = "rfc", Srv = "_api._tcp.service.consul" },
                new DnsServiceOptions { Srv = "api.service.dc1.consul." },
            ],
        });

        await Eventually.True(() => running.Feed.Completions == 1, "complete");
        const string All = "10.0.0.1:81 127.0.0.1:83 [fd00::2]:82";
        Assert.Equal(All, running.Feed.AddressesOf("api"));
        Assert.Equal(All, running.Feed.AddressesOf("rfc"));
        Assert.Equal(All, running.Feed.AddressesOf("api.service.dc1.consul"));
        Assert.Equal("[fd00::2]:82", running.Feed.AddressesOf("v2.api"));

        await consul.MaintenanceAsync("a1", true);
        await Eventually.True(() => running.Feed.AddressesOf("api") == "127.0.0.1:83 [fd00::2]:82", "a1 left for maintenance");
        await consul.MaintenanceAsync("a1", false);
        await Eventually.True(() => running.Feed.AddressesOf("api") == All, "a1 is back");

        await consul.DeregisterAsync("a2");
        await Eventually.True(() => running.Feed.AddressesOf("v2.api") == "" && running.Feed.AddressesOf("api") == "10.0.0.1:81 127.0.0.1:83", "a2 is gone");

        await Register(consul, "a3", "127.0.0.1", 84, weight: 7);
        await Eventually.True(() => running.Feed.AddressesOf("api") == "10.0.0.1:81 127.0.0.1:84", "a3 moved");
        Assert.Equal(7, running.Seen("api").Endpoints[1].Weight);

        await consul.DeregisterAsync("a1");
        await consul.DeregisterAsync("a3");
        await Eventually.True(() => running.Feed.LastOf("api") is Observation.Seen { Endpoints.Length: 0, Doubt: null }, "empty, without doubt");
    }

    [Fact]
    public async Task An_agent_that_restarts_empty_is_an_error_and_then_doubtful()
    {
        await using var consul = await StartAsync();
        await Register(consul, "a1", "10.0.0.1", 81);
        await using var running = RunningSource.Start(Options(consul, "api"));
        await Eventually.True(() => running.Feed.AddressesOf("api") == "10.0.0.1:81", "one endpoint");

        await consul.KillAsync();
        await Eventually.True(() => running.Feed.Failures.Count > 0, "an error");
        await consul.StartAgainAsync();
        await Eventually.True(() => running.Feed.AddressesOf("api") == "", "an empty answer", TimeSpan.FromSeconds(30));

        Assert.All(running.Feed.Of("api").OfType<Observation.Seen>().Where(seen => seen.Endpoints.IsEmpty), seen => Assert.NotNull(seen.Doubt));
    }

    private static DnsOptions Options(ConsulAgent consul, params string[] services) =>
        RunningSource.Options($"127.0.0.1:{consul.DnsPort}", services) with { Domain = "service.consul" };

    private static Task Register(ConsulAgent consul, string id, string address, int port, int weight = 1, string[]? tags = null) =>
        consul.RegisterAsync(new { Name = "api", ID = id, Address = address, Port = port, Weights = new { Passing = weight, Warning = 1 }, Tags = tags ?? [] });

    private static Task<ConsulAgent> StartAsync()
    {
        if (!ConsulAgent.Available)
        {
            Assert.Skip(Tools.Missing("consul"));
        }
        return ConsulAgent.StartAsync();
    }
}
