using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>Two sources name one service.</summary>
public sealed class PrecedenceDrills
{
    [Fact]
    public async Task Consul_comes_before_static_unless_the_service_says_otherwise()
    {
        await using var consul = await Drill.ConsulAsync();
        var registrar = new Registrar(consul.Client);
        var instances = await Drill.InstancesAsync("api", 2);
        var (registered, written) = (instances[0], instances[1]);
        await registrar.RegisterAsync(registered);
        var discovery = $$""", "static": { "api": ["127.0.0.1:{{written.Port}}"] } """;
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address, discovery: discovery));

        await lb.ShowsAsync(service => service is { Source: "consul", Available: 1 }, "consul");
        Assert.StartsWith(registered.Id, (await lb.GetAsync("api.haproxy.service.consul")).Text, StringComparison.Ordinal);
        await lb.Process.WaitForLineAsync("api is named by consul and by static: consul is in force; set services.api.source to decide");

        lb.Config.Policy("api", """{ "source": "static" }""");
        await lb.ApplyAsync();
        await lb.ShowsAsync(service => service is { Source: "static", Available: 1 }, "static");
        Assert.StartsWith(written.Id, (await lb.GetAsync("api.haproxy.service.consul")).Text, StringComparison.Ordinal);

        // The order of old again: static steps in as soon as Consul's last one leaves.
        lb.Config.Policy("api", "{}");
        await lb.ApplyAsync();
        await lb.ShowsAsync(service => service is { Source: "consul", Available: 1 }, "consul again");
        var load = ConstantLoad.Start(lb.Config.WebPort);
        await registrar.DeregisterAsync(registered.Id);
        await lb.ShowsAsync(service => service is { Source: "static", Available: 1 }, "static steps in");
        await load.GoesOnAsync(50);
        Assert.Equal(written.Id, load.Answers.Last().Instance);
        await load.EndWithoutLossAsync(lb, atLeast: 50);
        await instances.DisposeAllAsync();
    }
}
