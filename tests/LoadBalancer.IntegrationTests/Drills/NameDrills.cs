using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>The forms of a service's name.</summary>
public sealed class NameDrills
{
    [Fact]
    public async Task Tags_and_the_datacenter_may_stand_in_the_host()
    {
        await using var consul = await Drill.ConsulAsync();
        var registrar = new Registrar(consul.Client);
        var instances = await Drill.InstancesAsync("api", 3);
        await registrar.RegisterAsync(instances[0], tags: "v1");
        await registrar.RegisterAsync(instances[1], tags: ["v2", "blue"]);
        await registrar.RegisterAsync(instances[2], tags: "v2");
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address));
        await lb.ShowsAsync(service => service.Available == 3, "three");

        Assert.Equal("1", await WhoAsync(lb, "v1.api.haproxy.service.consul"));
        Assert.Equal("23", await WhoAsync(lb, "v2.api.haproxy.service.consul"));
        Assert.Equal("2", await WhoAsync(lb, "blue.api.haproxy.service.consul"));
        Assert.Equal("123", await WhoAsync(lb, "API.HAProxy.service.consul.:8080"));
        Assert.Equal("123", await WhoAsync(lb, "api.haproxy.service.dc1.consul"));
        Assert.Equal("1", await WhoAsync(lb, "v1.api.haproxy.service.dc1.consul"));
        Assert.NotEqual(200, (await lb.GetAsync("v9.api.haproxy.service.consul")).Status);
        Assert.NotEqual(200, (await lb.GetAsync("api.haproxy.service.dc9.consul")).Status);
        Assert.Equal(404, (await lb.GetAsync("api.example.com")).Status);

        await registrar.MaintenanceAsync(instances[0].Id, true);
        await lb.ShowsAsync(service => service.Available == 2, "v1 drains");
        Assert.Equal(503, (await lb.GetAsync("v1.api.haproxy.service.consul")).Status);
        await instances.DisposeAllAsync();
    }

    [Fact]
    public async Task Services_of_two_datacenters_are_apart_and_fail_apart()
    {
        var agents = await Task.WhenAll(Drill.ConsulAsync(), Drill.ConsulAsync("dc2"));
        await agents[0].JoinWanAsync(agents[1]);
        await using var here = await Instance.StartAsync("api-here");
        await using var there = await Instance.StartAsync("api-there");
        await using var only = await Instance.StartAsync("only-there");
        await new Registrar(agents[0].Client).RegisterAsync(here);
        await new Registrar(agents[1].Client).RegisterAsync([there, only]);
        await using var lb = await LbProcess.StartAsync(Drill.Following(agents[0].Address, """ "datacenters": ["dc2"], """));
        await lb.ShowsAsync(service => service.Available == 1, "dc1");
        await lb.ShowsAsync(service => service.Available == 1, "dc2", "api@dc2");

        Assert.StartsWith(here.Id, (await lb.GetAsync("api.haproxy.service.consul")).Text, StringComparison.Ordinal);
        Assert.StartsWith(here.Id, (await lb.GetAsync("api.haproxy.service.dc1.consul")).Text, StringComparison.Ordinal);
        Assert.StartsWith(there.Id, (await lb.GetAsync("api.haproxy.service.dc2.consul")).Text, StringComparison.Ordinal);
        Assert.StartsWith(only.Id, (await lb.GetAsync("only.haproxy.service.dc2.consul")).Text, StringComparison.Ordinal);

        var load = ConstantLoad.Start(lb.Config.WebPort, host: "api.haproxy.service.dc2.consul");
        await agents[1].KillAsync();
        await lb.ShowsAsync(service => service.SourceError is not null, "dc2 fails", "api@dc2");
        await load.GoesOnAsync(400);
        await load.EndWithoutLossAsync(lb);
        await new Registrar(agents[0].Client).DeregisterAsync(here.Id);
        await lb.ShowsAsync(service => service is { SourceError: null, Endpoints.Count: 0 }, "dc1 is followed");
        await agents.DisposeAllAsync();
    }

    /// <summary>The last characters of the ids of all that answer, in order.</summary>
    private static async Task<string> WhoAsync(LbProcess lb, string host)
    {
        var who = new SortedSet<char>();
        for (var i = 0; i < 12; i++)
        {
            var answer = await lb.GetAsync(host);
            Assert.True(answer.Status == 200, $"{host}: {answer.Status} {answer.Text}");
            who.Add(answer.Text.Split(' ')[0][^1]);
        }
        return string.Concat(who);
    }
}
