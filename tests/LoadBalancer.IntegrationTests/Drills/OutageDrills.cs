using System.Globalization;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>Consul dies, forgets and hangs while requests run.</summary>
public sealed class OutageDrills
{
    /// <summary>LB_DRILL_OUTAGE is the length of an outage in seconds; a minute is what is promised.</summary>
    private static readonly TimeSpan s_outage = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("LB_DRILL_OUTAGE") ?? "6", CultureInfo.InvariantCulture));

    [Fact]
    public async Task Consul_killed_and_back_empty_costs_no_request()
    {
        await using var consul = await Drill.ConsulAsync();
        var registrar = new Registrar(consul.Client);
        var instances = await Drill.InstancesAsync("api", 4);
        await registrar.RegisterAsync(instances);
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address));
        await lb.ShowsAsync(service => service.Available == 4, "four");
        var load = ConstantLoad.Start(lb.Config.WebPort);

        await consul.KillAsync();
        await lb.ShowsAsync(service => service.SourceError is not null, "the error is shown");
        await load.GoesOnAsync((int)(s_outage.TotalSeconds * 200));
        Assert.Equal(4, (await lb.ViewAsync()).Available);
        Assert.True((await lb.ViewAsync()).AgeSeconds > 1);

        // It still stands in for itself when Consul is back, but not when it is dead itself.
        await instances[3].StopAsync();
        await consul.StartAgainAsync();
        await lb.ShowsAsync(service => service.Endpoints.Count == 3 && service.Endpoints.All(endpoint => endpoint.IsHeld && endpoint.IsAvailable), "three are held, the dead one left");
        await load.GoesOnAsync(400);

        await registrar.RegisterAsync(instances[..3]);
        await lb.ShowsAsync(service => service is { Available: 3, Endpoints.Count: 3, SourceError: null } && !service.Endpoints.Any(endpoint => endpoint.IsHeld), "confirmed");
        await load.GoesOnAsync(200);
        Drill.Say($"{await load.EndWithoutLossAsync(lb)} requests, none failed");

        // Back to normal: the last ones that leave on purpose leave at once.
        foreach (var instance in instances[..3])
        {
            await registrar.DeregisterAsync(instance.Id);
        }
        await lb.ShowsAsync(service => service.Endpoints.Count == 0, "empty");
        Assert.Equal(503, (await lb.GetAsync("api.haproxy.service.consul")).Status);
        await instances.DisposeAllAsync();
    }

    [Fact]
    public async Task Consul_back_with_other_services_holds_the_former_for_a_while()
    {
        await using var consul = await Drill.ConsulAsync();
        var registrar = new Registrar(consul.Client);
        var instances = await Drill.InstancesAsync("api", 2);
        await using var other = await Instance.StartAsync("other-1");
        await registrar.RegisterAsync(instances);
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address, discovery: """, "holdFor": "4s" """));
        await lb.ShowsAsync(service => service.Available == 2, "two");
        var load = ConstantLoad.Start(lb.Config.WebPort);

        await consul.KillAsync();
        await consul.StartAgainAsync();
        await registrar.RegisterAsync(other);
        await Eventually.True(async () => (await lb.GetAsync("other.haproxy.service.consul")).Status == 200, "the new service is reachable");
        await lb.ShowsAsync(service => service.Endpoints.Count == 2 && service.Endpoints.All(endpoint => endpoint.IsHeld), "the former is held");
        await load.GoesOnAsync(200);
        await load.EndWithoutLossAsync(lb);

        await lb.ShowsAsync(service => service.Endpoints.Count == 0, "nobody named it for long: it is gone");
        Assert.Equal(503, (await lb.GetAsync("api.haproxy.service.consul")).Status);
        Assert.Equal(200, (await lb.GetAsync("other.haproxy.service.consul")).Status);
        await instances.DisposeAllAsync();
    }

    [Fact]
    public async Task An_agent_that_hangs_costs_no_request_and_is_followed_when_it_goes_on()
    {
        await using var consul = await Drill.ConsulAsync();
        var registrar = new Registrar(consul.Client);
        var instances = await Drill.InstancesAsync("api", 3);
        await registrar.RegisterAsync(instances[..2]);
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address));
        await lb.ShowsAsync(service => service.Available == 2, "two");
        var load = ConstantLoad.Start(lb.Config.WebPort);

        consul.Signal(Signals.Stop);
        await load.GoesOnAsync((int)(s_outage.TotalSeconds * 200));
        consul.Signal(Signals.Continue);
        await Eventually.True(async () => (await consul.Client.GetStringAsync("v1/status/leader")).Length > 2, "it leads again");
        await registrar.RegisterAsync(instances[2]);
        await registrar.DeregisterAsync(instances[0].Id);
        await lb.ShowsAsync(service => service.Available == 2 && service.Find(instances[2].Id) is not null, "the change is followed");

        Drill.Say($"{await load.EndWithoutLossAsync(lb)} requests, none failed");
        await instances.DisposeAllAsync();
    }
}
