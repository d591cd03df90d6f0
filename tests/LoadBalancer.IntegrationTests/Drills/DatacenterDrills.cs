using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>A service that has instances in two datacenters of Consul.</summary>
public class DatacenterDrills
{
    [Fact]
    public async Task The_other_datacenter_serves_while_nobody_is_left_here_and_its_outage_holds_up_nothing()
    {
        await using var here = await Drill.ConsulAsync();
        await using var there = await Drill.ConsulAsync("dc2");
        await using var local = await Instance.StartAsync("api-1");
        await using var remote = await Instance.StartAsync("api-2");
        await using var other = await Instance.StartAsync("other-1");
        await new Registrar(there.Client).RegisterAsync(remote);
        await new Registrar(there.Client).RegisterAsync(other);
        // Nothing says that dc2 or api are to be watched, but that they are fallbacks.
        var config = Drill.Following(here.Address, more: """, "services": { "web": { "fallbacks": ["api"] }, "api": { "fallbacks": ["api@dc2"] } }""", consul: "\"services\": [\"web\"], ");
        await using var lb = await LbProcess.StartAsync(config);
        Assert.Equal(503, (await lb.GetAsync("web.haproxy.service.consul")).Status);

        await here.JoinWanAsync(there);

        await lb.ShowsAsync(static service => service.Available == 1, "the instance of dc2", "api@dc2", TimeSpan.FromSeconds(30));
        Assert.Equal(remote.Id, (await lb.GetAsync("api.haproxy.service.consul")).Text.Split(' ')[0]);
        Assert.DoesNotContain(await lb.ViewsAsync(), static service => service.Name.StartsWith("other", StringComparison.Ordinal));

        await new Registrar(here.Client).RegisterAsync(local);
        await lb.ShowsAsync(static service => service.Available == 1, "the instance of dc1");
        Assert.Equal(local.Id, (await lb.GetAsync("api.haproxy.service.consul")).Text.Split(' ')[0]);

        await here.DeregisterAsync(local.Id);
        await lb.ShowsAsync(static service => service.Available == 0, "nobody in dc1");
        Assert.Equal(remote.Id, (await lb.GetAsync("api.haproxy.service.consul")).Text.Split(' ')[0]);
    }
}
