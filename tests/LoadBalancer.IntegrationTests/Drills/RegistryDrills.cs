using System.Net;
using System.Text;
using DnsClient;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>The same without Consul: the embedded registry, and the demo.</summary>
public sealed class RegistryDrills
{
    [Fact]
    public async Task The_embedded_registry_takes_the_place_of_an_agent()
    {
        var (http, dnsPort) = (Ports.Free(), Ports.Free());
        await using var lb = await LbProcess.StartAsync(Drill.Following(
            new Uri($"http://127.0.0.1:{http}"), """ "register": { "address": "127.0.0.9" }, """, more: $$""", "registry": { "http": "127.0.0.1:{{http}}", "dns": "127.0.0.1:{{dnsPort}}" }"""));
        using var agent = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
        var registrar = new Registrar(agent);
        await using var light = await Instance.StartAsync("shop-light");
        await using var heavy = await Instance.StartAsync("shop-heavy");
        await registrar.RegisterAsync(light, weight: 1);
        await registrar.RegisterAsync(heavy, weight: 9);
        await lb.ShowsAsync(service => service.Available == 2, "both", "shop");

        var load = ConstantLoad.Start(lb.Config.WebPort, "shop");
        await load.GoesOnAsync(500);
        await load.EndWithoutLossAsync(lb);
        Assert.InRange((double)light.Requests / (light.Requests + heavy.Requests), 0.07, 0.13);

        var dns = new LookupClient(new LookupClientOptions(new IPEndPoint(IPAddress.Loopback, dnsPort)) { UseCache = false });
        await Eventually.True(
            async () => (await dns.QueryAsync("shop.haproxy.service.consul", QueryType.A)).Answers.ARecords().Any(record => record.Address.ToString() == "127.0.0.9"), "its DNS names the balancer");
    }

    [Fact]
    public async Task The_payload_of_the_tutorials_registers_and_its_check_counts()
    {
        var http = Ports.Free();
        await using var lb = await LbProcess.StartAsync(Drill.Following(new Uri($"http://127.0.0.1:{http}"), more: $$""", "registry": { "http": "127.0.0.1:{{http}}", "dns": null }"""));
        using var agent = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
        await using var instance = await Instance.StartAsync("api-1");
        var payload = $$$"""
            {"service":{"id":"api-1","name":"api","tags":["demo"],"address":"127.0.0.1","port":{{{instance.Port}}},
             "checks":[{"id":"alive","name":"alive","http":"http://127.0.0.1:{{{instance.Port}}}/health","interval":"1s","timeout":"1s"}]}}
            """;
        using var body = new StringContent(payload, Encoding.UTF8, "application/json");
        using var answer = await agent.PutAsync(new Uri("v1/agent/service/register", UriKind.Relative), body, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        await Eventually.True(async () => (await lb.GetAsync("api.haproxy.service.consul")).Status == 200, "reachable");
        Assert.Equal(200, (await lb.GetAsync("demo.api.haproxy.service.consul")).Status);
        await instance.StopAsync();
        await lb.ShowsAsync(service => service.Find("api-1")!.State.Contains("critical", StringComparison.Ordinal), "its check fails");
        await instance.StartAgainAsync();
        await Eventually.True(async () => (await lb.GetAsync("api.haproxy.service.consul")).Status == 200, "its check passes again");
    }

    [Fact]
    public async Task The_demo_does_what_it_prints()
    {
        int[] ports = [Ports.Free(), Ports.Free(), Ports.Free(), Ports.Free()];
        await using var demo = ChildProcess.Start(
            Path.Combine(AppContext.BaseDirectory, "lb"),
            ["demo", "--port", $"{ports[0]}", "--admin-port", $"{ports[1]}", "--registry-port", $"{ports[2]}", "--dns-port", $"{ports[3]}"]);
        await demo.WaitForLineAsync("Ctrl+C", TimeSpan.FromSeconds(60));
        var commands = demo.Lines.Select(line => line.Trim()).Where(line => line.StartsWith("curl ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(4, commands.Length);

        var who = new HashSet<string>();
        for (var i = 0; i < 6; i++)
        {
            who.Add((await ShellAsync(commands[0])).Split(' ')[0]);
        }
        Assert.Equal(["api-1", "api-2", "api-3"], who.Order());

        Assert.Contains("stops", await ShellAsync(commands[1]), StringComparison.Ordinal);
        for (var i = 0; i < 20; i++)
        {
            Assert.Contains("answers", await ShellAsync(commands[0]), StringComparison.Ordinal);
        }

        await ShellAsync(commands[2]);
        await Eventually.True(async () => (await ShellAsync(commands[3])).StartsWith("api-2 answers", StringComparison.Ordinal), "the new service");
        demo.Signal(Signals.Terminate);
        Assert.Equal(0, await demo.WaitForExitAsync());
    }

    private static async Task<string> ShellAsync(string command)
    {
        if (Tools.Find("curl") is null)
        {
            Assert.Skip(Tools.Missing("curl"));
        }
        await using var shell = ChildProcess.Start("/bin/sh", ["-c", command.Replace("curl ", "curl -sS ", StringComparison.Ordinal)]);
        await shell.WaitForExitAsync();
        return shell.Output;
    }
}
