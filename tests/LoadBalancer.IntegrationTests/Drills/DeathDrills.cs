using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>Instances die while Consul still believes in them, and are replaced while requests run.</summary>
public sealed class DeathDrills
{
    // Long enough for several requests to be under way on every instance.
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(40);

    [Fact]
    public async Task A_killed_instance_costs_no_request()
    {
        await using var consul = await Drill.ConsulAsync();
        var instances = await StartAsync(consul, "api-1", "api-2", "api-3");
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address));
        await lb.ShowsAsync(service => service.Available == 3, "three");
        var load = ConstantLoad.Start(lb.Config.WebPort);
        await load.GoesOnAsync(200);

        instances[0].Kill();
        await lb.ShowsAsync(service => service.Find("api-1")!.State == "ejected", "the dead one is out");
        // Long enough for the dead one to be tried again.
        await load.GoesOnAsync(600);

        await using var back = await InstanceProcess.StartAsync("api-1", instances[0].Port, s_delay);
        await Eventually.True(() => load.Answers.Last().Instance == "api-1", "back, it takes traffic again", TimeSpan.FromSeconds(40));

        Drill.Say($"{await load.EndWithoutLossAsync(lb)} requests, none failed");
        await instances.DisposeAllAsync();
    }

    [Fact]
    public async Task Several_killed_at_once_cost_no_request_with_as_many_retries()
    {
        await using var consul = await Drill.ConsulAsync();
        var instances = await StartAsync(consul, "api-1", "api-2", "api-3", "api-4", "api-5");
        // The dying do not die in the same instant: a request may meet one after the other.
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address, more: """, "services": { "api": { "retry": { "attempts": 3 } } }"""));
        await lb.ShowsAsync(service => service.Available == 5, "five");
        var load = ConstantLoad.Start(lb.Config.WebPort);
        await load.GoesOnAsync(200);

        instances[1].Kill();
        instances[2].Kill();
        instances[3].Kill();
        await lb.ShowsAsync(service => service.Available == 2, "three are out");
        await load.GoesOnAsync(600);

        Drill.Say($"{await load.EndWithoutLossAsync(lb)} requests, none failed");
        await instances.DisposeAllAsync();
    }

    [Fact]
    public async Task A_rolling_deploy_costs_no_request()
    {
        await using var consul = await Drill.ConsulAsync();
        var registrar = new Registrar(consul.Client);
        var old = await StartAsync(consul, "api-old1", "api-old2", "api-old3");
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address));
        await lb.ShowsAsync(service => service.Available == 3, "three");
        var replacements = await Task.WhenAll(Enumerable.Range(1, 3).Select(i => InstanceProcess.StartAsync($"api-new{i}", delay: s_delay)));
        var load = ConstantLoad.Start(lb.Config.WebPort);
        await load.GoesOnAsync(100);

        foreach (var (leaving, coming) in old.Zip(replacements))
        {
            await registrar.RegisterAsync(coming);
            await registrar.MaintenanceAsync(leaving.Id, true);
            // The deploy's own pause, not a wait for something.
            await Task.Delay(250, TestContext.Current.CancellationToken);
            await registrar.DeregisterAsync(leaving.Id);
            leaving.Kill();
        }
        await lb.ShowsAsync(service => service.Endpoints.Count == 3 && service.Available == 3, "three new ones");
        await load.GoesOnAsync(200);

        Drill.Say($"{await load.EndWithoutLossAsync(lb)} requests, none failed");
        await old.DisposeAllAsync();
        await replacements.DisposeAllAsync();
    }

    /// <summary>Starts and registers them without a check: only the balancer can notice that one is dead.</summary>
    private static async Task<InstanceProcess[]> StartAsync(ConsulAgent consul, params string[] ids)
    {
        var instances = await Task.WhenAll(ids.Select(id => InstanceProcess.StartAsync(id, delay: s_delay)));
        var registrar = new Registrar(consul.Client);
        foreach (var instance in instances)
        {
            await registrar.RegisterAsync(instance);
        }
        return instances;
    }
}
