using System.Net;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>The balancer starts while no source answers.</summary>
public sealed class ColdStartDrills
{
    [Theory]
    [InlineData(Signals.Terminate)]
    [InlineData(Signals.Kill)]
    public async Task Restarted_without_Consul_it_serves_from_its_state_file(int signal)
    {
        await using var consul = await Drill.ConsulAsync();
        var registrar = new Registrar(consul.Client);
        var instances = await Drill.InstancesAsync("api", 2);
        await registrar.RegisterAsync(instances[0], weight: 3);
        await registrar.RegisterAsync(instances[1], tags: "v1");
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address));
        await lb.ShowsAsync(service => service.Available == 2, "two");
        await Eventually.True(() => File.Exists(lb.StateFile) && File.ReadAllText(lb.StateFile).Contains(instances[1].Id, StringComparison.Ordinal), "it is saved");

        await consul.KillAsync();
        var code = await lb.Process.SignalAsync(signal);
        Assert.Equal(signal == Signals.Terminate ? 0 : 128 + signal, code);
        await lb.StartAgainAsync();

        var service = await lb.ViewAsync();
        Assert.True(service.Stale);
        Assert.NotNull(service.SourceError);
        Assert.Equal(2, service.Available);
        Assert.Equal(3, service.Find(instances[0].Id)!.Weight);
        var load = ConstantLoad.Start(lb.Config.WebPort);
        Assert.StartsWith(instances[1].Id, (await lb.GetAsync("v1.api.haproxy.service.consul")).Text, StringComparison.Ordinal);
        await load.GoesOnAsync(200);

        // Back and empty: held until they have registered again.
        await consul.StartAgainAsync();
        await lb.ShowsAsync(service => !service.Stale && service.Endpoints.All(endpoint => endpoint.IsHeld) && service.Available == 2, "held");
        await registrar.RegisterAsync(instances);
        await lb.ShowsAsync(service => service is { Stale: false, SourceError: null, Available: 2 } && !service.Endpoints.Any(endpoint => endpoint.IsHeld), "confirmed");
        await load.EndWithoutLossAsync(lb);
        await instances.DisposeAllAsync();
    }

    [Fact]
    public async Task A_TCP_connection_waits_for_the_first_word_of_its_source()
    {
        await using var consul = await Drill.ConsulAsync();
        await using var endpoint = new RawEndpoint("api");
        await new Registrar(consul.Client).RegisterAsync("api-1", "api", endpoint.Port);
        var port = Ports.Free();
        var config = Drill.Following(consul.Address).Listener("tcp", port, """{ "protocol": "tcp", "service": "api" }""");
        consul.Signal(Signals.Stop);
        await using var lb = await LbProcess.StartAsync(config, whenReady: false);
        using var wire = await Wire.ConnectAsync(port);
        await wire.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        consul.Signal(Signals.Continue);

        Assert.Equal("api", (await wire.ReadAnswerAsync()).Text);
    }

    [Fact]
    public async Task Without_Consul_and_state_it_says_why_it_is_not_ready_and_recovers()
    {
        await using var consul = await Drill.ConsulAsync();
        await using var instance = await Instance.StartAsync("api-1");
        await consul.KillAsync();
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address), whenReady: false);

        await Eventually.True(async () => (await lb.ReadyAsync()) is (HttpStatusCode.ServiceUnavailable, var reason) && reason.Contains("consul", StringComparison.Ordinal) && reason.Contains("refused", StringComparison.OrdinalIgnoreCase), "503 and why");
        // Nobody can say yet that the service does not exist.
        Assert.Equal(503, (await lb.GetAsync("api.haproxy.service.consul")).Status);

        await consul.StartAgainAsync();
        await new Registrar(consul.Client).RegisterAsync(instance);
        await Eventually.True(async () => (await lb.ReadyAsync()).Status == HttpStatusCode.OK, "ready");
        await Eventually.True(async () => (await lb.GetAsync("api.haproxy.service.consul")).Status == 200, "served");
        Assert.Equal(404, (await lb.GetAsync("nobody.haproxy.service.consul")).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"version\":")]
    [InlineData("garbage")]
    public async Task A_corrupt_state_file_is_ignored_with_a_warning_and_replaced(string content)
    {
        await using var consul = await Drill.ConsulAsync();
        await using var instance = await Instance.StartAsync("api-1");
        await new Registrar(consul.Client).RegisterAsync(instance);
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address));
        await lb.StopAsync();
        await File.WriteAllTextAsync(lb.StateFile, content, TestContext.Current.CancellationToken);

        await lb.StartAgainAsync();
        Assert.Contains("is ignored", lb.Process.Output, StringComparison.Ordinal);
        Assert.Equal(200, (await lb.GetAsync("api.haproxy.service.consul")).Status);
        await Eventually.True(() => File.ReadAllText(lb.StateFile).Contains(instance.Id, StringComparison.Ordinal), "a good one");
    }
}
