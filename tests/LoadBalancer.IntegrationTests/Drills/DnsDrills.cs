using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>SRV records end to end.</summary>
public sealed class DnsDrills
{
    [Fact]
    public async Task Twenty_instances_in_the_DNS_of_Consul_are_all_used()
    {
        await using var consul = await Drill.ConsulAsync();
        var registrar = new Registrar(consul.Client);
        var instances = await Drill.InstancesAsync("api", 20);
        await registrar.RegisterAsync(instances);
        await using var lb = await LbProcess.StartAsync(Drill.Config($$"""{ "discovery": { "dns": { "servers": ["127.0.0.1:{{consul.DnsPort}}"], "services": ["api"] } } }"""));
        await lb.ShowsAsync(service => service is { Available: 20, Source: "dns" }, "twenty");

        var load = ConstantLoad.Start(lb.Config.WebPort);
        await load.GoesOnAsync(400);
        Assert.All(instances, instance => Assert.InRange(instance.Requests, 10, 40));

        // Consul's whole node is its DNS server: without it, all stay.
        await consul.KillAsync();
        await lb.ShowsAsync(service => service.SourceError is not null, "an error", within: TimeSpan.FromSeconds(40));
        await load.GoesOnAsync(400);
        Assert.Equal(20, (await lb.ViewAsync()).Available);

        // Back and empty: NXDOMAIN, after a loss, is held for as long as they answer.
        await consul.StartAgainAsync();
        await lb.ShowsAsync(service => service.Endpoints.Count == 20 && service.Endpoints.All(endpoint => endpoint.IsHeld), "held", within: TimeSpan.FromSeconds(40));
        await registrar.RegisterAsync(instances);
        await lb.ShowsAsync(service => service.Available == 20 && !service.Endpoints.Any(endpoint => endpoint.IsHeld), "confirmed");
        await load.EndWithoutLossAsync(lb);
        await instances.DisposeAllAsync();
    }

    [Fact]
    public async Task The_second_group_takes_over_when_none_of_the_first_is_left_and_gives_back()
    {
        var instances = await Drill.InstancesAsync("api", 4);
        var (first, second) = (instances[..2], instances[2..]);
        await using var dns = await StartAsync([.. instances.Select((instance, i) => Record(instance, priority: 1 + (i / 2)))]);
        await using var lb = await LbProcess.StartAsync(Following(dns));
        await lb.ShowsAsync(service => service.Available == 4, "four");
        var load = ConstantLoad.Start(lb.Config.WebPort);
        await load.GoesOnAsync(200);
        Assert.All(second, instance => Assert.Equal(0, instance.Requests));

        await first[0].StopAsync();
        await load.GoesOnAsync(200);
        Assert.All(second, instance => Assert.Equal(0, instance.Requests));

        await first[1].StopAsync();
        await load.GoesOnAsync(200);
        Assert.All(second, instance => Assert.NotEqual(0, instance.Requests));

        await first[0].StartAgainAsync();
        await Eventually.True(() => load.Answers.Last().Instance == first[0].Id, "the first group is back", TimeSpan.FromSeconds(40));
        await load.GoesOnAsync(20);
        var before = second.Sum(instance => instance.Requests);
        await load.GoesOnAsync(200);
        Assert.Equal(before, second.Sum(instance => instance.Requests));

        await load.EndWithoutLossAsync(lb);
        await instances.DisposeAllAsync();
    }

    [Fact]
    public async Task A_name_that_is_gone_is_empty_and_a_dead_server_is_not()
    {
        await using var instance = await Instance.StartAsync("api-1");
        await using var dns = await StartAsync(Record(instance, 1));
        await using var lb = await LbProcess.StartAsync(Following(dns));
        await lb.ShowsAsync(service => service.Available == 1, "one");

        var load = ConstantLoad.Start(lb.Config.WebPort);
        await dns.StopAsync();
        await lb.ShowsAsync(service => service is { SourceError: not null, Available: 1 }, "an error, and all stay", within: TimeSpan.FromSeconds(40));
        await load.GoesOnAsync(200);
        await dns.RestartAsync(Record(instance, 1), "--local-ttl=0");
        await lb.ShowsAsync(service => service is { SourceError: null, Available: 1 }, "it recovers");
        await load.EndWithoutLossAsync(lb);

        await dns.RestartAsync("--local-ttl=0");
        await lb.ShowsAsync(service => service.Endpoints.Count == 0, "gone", within: TimeSpan.FromSeconds(90));
        Assert.Equal(503, (await lb.GetAsync("api.haproxy.service.consul")).Status);
    }

    private static string Record(Instance instance, int priority) =>
        $"--srv-host=_api._tcp.example.com,here.example.com,{instance.Port},{priority},1";

    private static LbConfig Following(Dnsmasq dns) =>
        Drill.Config($$"""{ "discovery": { "holdFor": "2s", "dns": { "servers": ["{{dns.Server}}"], "domain": "example.com", "timeout": "500ms", "services": ["_api._tcp"] } } }""");

    private static Task<Dnsmasq> StartAsync(params string[] options)
    {
        if (Tools.Find("dnsmasq") is null)
        {
            Assert.Skip(Tools.Missing("dnsmasq"));
        }
        return Dnsmasq.StartAsync([.. options, "--host-record=here.example.com,127.0.0.1", "--local-ttl=0"]);
    }
}
