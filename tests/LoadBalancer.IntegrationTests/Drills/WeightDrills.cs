using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

public sealed class WeightDrills
{
    [Theory]
    [InlineData("roundRobin")]
    [InlineData("leastRequest")]
    public async Task Traffic_follows_the_weights_in_Consul(string balance)
    {
        await using var consul = await Drill.ConsulAsync();
        await using var light = await Instance.StartAsync("api-light");
        await using var heavy = await Instance.StartAsync("api-heavy");
        var registrar = new Registrar(consul.Client);
        await registrar.RegisterAsync(light, weight: 1);
        await registrar.RegisterAsync(heavy, weight: 9);
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address, more: $$""", "services": { "*": { "balance": "{{balance}}" } }"""));
        await lb.ShowsAsync(service => service.Available == 2, "both");

        using var client = await KeepAliveConnection.ConnectAsync(lb.Config.WebPort, TestContext.Current.CancellationToken);
        await AskAsync(client, 2000);
        AssertShare(0.1, 0.03, light, heavy, light.Requests, heavy.Requests);

        // Several at a time, and weights that change while they run.
        var load = ConstantLoad.Start(lb.Config.WebPort, perSecond: 400);
        await registrar.RegisterAsync(light, weight: 3);
        await registrar.RegisterAsync(heavy, weight: 1);
        await lb.ShowsAsync(service => service.Find(light.Id)!.Weight == 3 && service.Find(heavy.Id)!.Weight == 1, "other weights");
        var (lightBefore, heavyBefore) = (light.Requests, heavy.Requests);
        await load.GoesOnAsync(1000);
        await load.EndWithoutLossAsync(lb);
        // A machine that stalls piles requests up at one of them, and leastRequest steers away from that.
        AssertShare(0.75, 0.06, light, heavy, light.Requests - lightBefore, heavy.Requests - heavyBefore);
    }

    private static async Task AskAsync(KeepAliveConnection client, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var (status, _) = await client.GetAsync("api.haproxy.service.consul", "/");
            Assert.Equal(200, status);
        }
    }

    private static void AssertShare(double expected, double tolerance, Instance first, Instance second, long firstGot, long secondGot)
    {
        var share = (double)firstGot / (firstGot + secondGot);
        Drill.Say($"{first.Id} {firstGot}, {second.Id} {secondGot}: {share:P2} (expected {expected:P0})");
        Assert.InRange(share, expected - tolerance, expected + tolerance);
    }
}
