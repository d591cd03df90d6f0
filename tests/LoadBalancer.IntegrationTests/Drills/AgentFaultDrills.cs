using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>Consul answers, but not what it should.</summary>
public sealed class AgentFaultDrills
{
    [Fact]
    public async Task An_agent_that_talks_nonsense_costs_no_request()
    {
        await using var consul = await Drill.ConsulAsync();
        await using var agent = await FaultProxy.StartAsync(consul.Address);
        var registrar = new Registrar(consul.Client);
        var instances = await Drill.InstancesAsync("api", 3);
        await registrar.RegisterAsync(instances[..2]);
        await using var lb = await LbProcess.StartAsync(Drill.Following(agent.Address, """ "wait": "1s", "silenceTimeout": "3s", """));
        await lb.ShowsAsync(service => service.Available == 2, "two");
        var load = ConstantLoad.Start(lb.Config.WebPort);

        foreach (var fault in (Fault[])[Fault.ServerError, Fault.Malformed, Fault.WrongShape, Fault.Truncated, Fault.Drop])
        {
            agent.Fault = fault;
            await lb.ShowsAsync(service => service.SourceError is not null, $"{fault}: the error is shown");
            await load.GoesOnAsync(100);
            Assert.Equal(2, (await lb.ViewAsync()).Available);
            agent.Fault = Fault.None;
            await lb.ShowsAsync(service => service.SourceError is null, $"{fault}: it recovers");
        }

        // Without a leader, what is missing may only be missing here.
        agent.Fault = Fault.NoLeader;
        await registrar.DeregisterAsync(instances[0].Id);
        await lb.ShowsAsync(service => service.Find(instances[0].Id) is { IsHeld: true, IsAvailable: true }, "held");
        agent.Fault = Fault.None;
        await registrar.RegisterAsync(instances[2]);
        await lb.ShowsAsync(service => service.Find(instances[2].Id) is not null, "followed");

        Drill.Say($"{await load.EndWithoutLossAsync(lb)} requests, none failed");
        await instances.DisposeAllAsync();
    }

    [Fact]
    public async Task One_failing_service_touches_no_other()
    {
        await using var consul = await Drill.ConsulAsync();
        await using var agent = await FaultProxy.StartAsync(consul.Address);
        var registrar = new Registrar(consul.Client);
        await using var api = await Instance.StartAsync("api-1");
        var shop = await Drill.InstancesAsync("shop", 2);
        await registrar.RegisterAsync(api);
        await registrar.RegisterAsync(shop[0]);
        await using var lb = await LbProcess.StartAsync(Drill.Following(agent.Address, """ "wait": "1s", """));
        await lb.ShowsAsync(service => service.Available == 1, "shop", "shop");
        var load = ConstantLoad.Start(lb.Config.WebPort);

        agent.Only = "/v1/health/service/api";
        agent.Fault = Fault.ServerError;
        await lb.ShowsAsync(service => service is { SourceError: not null, Available: 1 }, "api fails and stays");
        await registrar.RegisterAsync(shop[1]);
        await lb.ShowsAsync(service => service is { SourceError: null, Available: 2 }, "shop is followed", "shop");
        await registrar.DeregisterAsync(shop[0].Id);
        await lb.ShowsAsync(service => service.Endpoints.Count == 1, "and again", "shop");
        Assert.NotNull((await lb.ViewAsync()).SourceError);

        await load.EndWithoutLossAsync(lb, atLeast: 10);
        await shop.DisposeAllAsync();
    }
}
