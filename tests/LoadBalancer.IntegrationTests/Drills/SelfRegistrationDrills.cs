using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DnsClient;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>The balancer in Consul: what makes api.haproxy.service.consul resolve.</summary>
public sealed class SelfRegistrationDrills
{
    [Fact]
    public async Task Consul_resolves_the_names_of_routed_services_to_the_balancer()
    {
        await using var consul = await Drill.ConsulAsync();
        var registrar = new Registrar(consul.Client);
        // Not the node's address: the answer must be the balancer's.
        const string address = "127.0.0.9";
        var dns = new LookupClient(new LookupClientOptions(new IPEndPoint(IPAddress.Loopback, consul.DnsPort)) { UseCache = false });
        await using var api = await Instance.StartAsync("api-1");
        await using var shop = await Instance.StartAsync("shop-1");
        await registrar.RegisterAsync(api);
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address, $$""" "register": { "address": "{{address}}", "checkInterval": "1s" }, """));

        await ResolvesAsync(dns, "api", address, lb.Config.WebPort);
        Assert.Equal("passing", await HealthAsync(consul));
        await DoesNotResolveAsync(dns, "shop");

        await registrar.RegisterAsync(shop);
        await ResolvesAsync(dns, "shop", address, lb.Config.WebPort);
        await registrar.DeregisterAsync(shop.Id);
        await DoesNotResolveAsync(dns, "shop");

        // It does not route to itself.
        Assert.Equal(LbService.Unknown, await lb.ViewAsync("haproxy"));

        await consul.KillAsync();
        await consul.StartAgainAsync();
        await registrar.RegisterAsync(api);
        await ResolvesAsync(dns, "api", address, lb.Config.WebPort);

        // First out of Consul, while a request still runs, which then gets its answer.
        var gate = new TaskCompletionSource();
        api.Gate = gate.Task;
        var slow = lb.GetAsync("api.haproxy.service.consul");
        await lb.ShowsAsync(service => service.Endpoints is [{ InFlight: 1 }], "a request runs");
        lb.Process.Signal(Signals.Terminate);
        await DoesNotResolveAsync(dns, "api");
        Assert.Equal("draining\n", (await lb.ReadyAsync()).Reason);
        gate.SetResult();
        Assert.Equal(200, (await slow).Status);
        Assert.Equal(0, await lb.Process.WaitForExitAsync());
        Assert.Equal("", await HealthAsync(consul));
    }

    [Fact]
    public async Task An_agent_that_hangs_does_not_eat_the_time_to_drain()
    {
        await using var consul = await Drill.ConsulAsync();
        await using var api = await Instance.StartAsync("api-1");
        await new Registrar(consul.Client).RegisterAsync(api);
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address, """ "register": {}, """));
        await Eventually.True(async () => await HealthAsync(consul) != "", "registered");
        var gate = new TaskCompletionSource();
        api.Gate = gate.Task;
        var slow = lb.GetAsync("api.haproxy.service.consul");
        await lb.ShowsAsync(service => service.Endpoints is [{ InFlight: 1 }], "a request runs");

        consul.Signal(Signals.Stop);
        lb.Process.Signal(Signals.Terminate);

        // Said only when the deregistration has been given up and the time to drain begins.
        await lb.Process.WaitForLineAsync("draining:");
        gate.SetResult();
        Assert.Equal(200, (await slow).Status);
        Assert.Equal(0, await lb.Process.WaitForExitAsync());
        consul.Signal(Signals.Continue);
    }

    private static Task ResolvesAsync(LookupClient dns, string service, string address, int port) => Eventually.True(async () =>
        (await dns.QueryAsync(service + ".haproxy.service.consul", QueryType.A)).Answers.ARecords().Select(record => record.Address.ToString()).SequenceEqual([address])
        && (await dns.QueryAsync(service + ".haproxy.service.consul", QueryType.SRV)).Answers.SrvRecords().Select(record => (int)record.Port).SequenceEqual([port]), $"{service} resolves");

    private static Task DoesNotResolveAsync(LookupClient dns, string service) => Eventually.True(async () =>
        (await dns.QueryAsync(service + ".haproxy.service.consul", QueryType.A)) is { Header.ResponseCode: DnsHeaderResponseCode.NotExistentDomain }, $"{service} does not resolve");

    /// <summary>The state of the balancer's own check; "" when it is not registered.</summary>
    private static async Task<string> HealthAsync(ConsulAgent consul)
    {
        var checks = await consul.Client.GetFromJsonAsync<JsonElement>("v1/health/checks/haproxy");
        return string.Join(",", checks.EnumerateArray().Select(check => check.GetProperty("Status").GetString()));
    }
}
