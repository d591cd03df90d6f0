using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LoadBalancer.Discovery.Consul;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests.Consul;

/// <summary>The balancer's own registration, against a real agent and its DNS.</summary>
public sealed class ConsulRegistrationTests
{
    [Fact]
    public async Task It_is_registered_with_one_tag_per_service_until_it_leaves()
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync();
        var log = new ConcurrentQueue<string>();
        using var client = new ConsulClient(new() { Address = agent.Address.AbsoluteUri }, TimeProvider.System, new LogSink<ConsulClient>(log));
        using var registration = new ConsulRegistration(client, new() { Id = "lb-a", Tags = ["edge"] }, new(8080, new(IPAddress.Loopback, 8404), "1.2.3"), TimeProvider.System, 1, new LogSink<ConsulRegistration>(log));
        using var stop = new CancellationTokenSource();
        var run = registration.RunAsync(stop.Token);
        registration.SetServices(["web", "api", "api", "api@dc2", "no label"]);

        await Eventually.True(async () => Tags(await InstanceAsync(agent)) is ["edge", "api", "web"], "one tag per service");
        var service = await InstanceAsync(agent);
        Assert.Equal("lb-a", service.GetProperty("ServiceID").GetString());
        Assert.Equal(8080, service.GetProperty("ServicePort").GetInt32());
        // The agent is on this machine: its node's address is the right one.
        Assert.Equal("", service.GetProperty("ServiceAddress").GetString());
        Assert.Equal("1.2.3", service.GetProperty("ServiceMeta").GetProperty("version").GetString());
        var check = (await agent.Client.GetFromJsonAsync<JsonElement>("v1/agent/checks", TestContext.Current.CancellationToken)).GetProperty("service:lb-a");
        Assert.Equal("http", check.GetProperty("Type").GetString());

        registration.SetServices(["web"]);
        await Eventually.True(async () => Tags(await InstanceAsync(agent)) is ["edge", "web"], "the tag of what is gone is gone");

        // The agent loses everything and gets it again.
        await agent.KillAsync();
        await agent.StartAgainAsync();
        await Eventually.True(async () => Tags(await InstanceAsync(agent)) is ["edge", "web"], "registered again", TimeSpan.FromSeconds(40));

        await registration.DeregisterAsync(TestContext.Current.CancellationToken);
        Assert.Empty((await agent.Client.GetFromJsonAsync<JsonElement>("v1/agent/services", TestContext.Current.CancellationToken)).EnumerateObject());
        registration.SetServices(["late"]);
        await stop.CancelAsync();
        await run;
        Assert.Empty((await agent.Client.GetFromJsonAsync<JsonElement>("v1/agent/services", TestContext.Current.CancellationToken)).EnumerateObject());
    }

    [Fact]
    public async Task Without_an_admin_the_port_is_checked()
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync();
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var log = new ConcurrentQueue<string>();
        using var client = new ConsulClient(new() { Address = agent.Address.AbsoluteUri }, TimeProvider.System, new LogSink<ConsulClient>(log));
        using var registration = new ConsulRegistration(client, new() { Name = "edge", Address = "127.0.0.1", CheckInterval = TimeSpan.FromSeconds(1) }, new(port, null, "1"), TimeProvider.System, 1, new LogSink<ConsulRegistration>(log));
        using var stop = new CancellationTokenSource();
        var run = registration.RunAsync(stop.Token);
        Assert.StartsWith("edge-", registration.Id, StringComparison.Ordinal);
        await Eventually.True(
            async () => (await agent.Client.GetFromJsonAsync<JsonElement>("v1/health/service/edge?passing")).GetArrayLength() == 1, "the check passes");
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task A_refusal_is_said_once_and_tried_again()
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync(configuration: """acl { enabled = true, default_policy = "deny", tokens { master = "root-secret", agent = "root-secret" } }""", token: "root-secret");
        var log = new ConcurrentQueue<string>();
        using var client = new ConsulClient(new() { Address = agent.Address.AbsoluteUri }, TimeProvider.System, new LogSink<ConsulClient>(log));
        using var registration = new ConsulRegistration(client, new() { Id = "lb-a" }, new(8080, null, "1"), TimeProvider.System, 1, new LogSink<ConsulRegistration>(log));
        using var stop = new CancellationTokenSource();
        var run = registration.RunAsync(stop.Token);
        await Eventually.True(() => log.Any(line => line.Contains("403", StringComparison.Ordinal) && line.Contains("service:write", StringComparison.Ordinal)), "it says what the token lacks");
        await stop.CancelAsync();
        await run;
        Assert.Single(log, line => line.Contains("403", StringComparison.Ordinal));
    }

    private static async Task<JsonElement> InstanceAsync(ConsulAgent agent)
    {
        var all = await agent.Client.GetFromJsonAsync<JsonElement>("v1/catalog/service/haproxy");
        return all.GetArrayLength() == 1 ? all[0] : default;
    }

    private static string?[]? Tags(JsonElement instance) =>
        instance.ValueKind == JsonValueKind.Object ? [.. instance.GetProperty("ServiceTags").EnumerateArray().Select(tag => tag.GetString())] : null;
}
