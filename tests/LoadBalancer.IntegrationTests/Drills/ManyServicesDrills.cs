using System.Diagnostics;
using System.Globalization;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

public sealed class ManyServicesDrills
{
    private const int Services = 320;

    private static readonly ParallelOptions s_atOnce = new() { MaxDegreeOfParallelism = 16 };

    [Fact]
    public async Task Hundreds_of_services_at_once_converge_over_few_connections()
    {
        await using var consul = await Drill.ConsulAsync();
        await using var agent = await FaultProxy.StartAsync(consul.Address);
        var registrar = new Registrar(consul.Client);
        await using var instance = await Instance.StartAsync("many-1");
        await using var lb = await LbProcess.StartAsync(Drill.Following(agent.Address));
        var names = Enumerable.Range(0, Services).Select(i => $"many{i}").ToList();
        var connections = 0;
        using var converged = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            while (!converged.IsCancellationRequested)
            {
                connections = Math.Max(connections, TcpTable.ConnectionsTo(agent.Address.Port, lb.Process.Id));
                await Task.Delay(20);
            }
        }, TestContext.Current.CancellationToken);

        var started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(names, s_atOnce, async (name, _) => await registrar.RegisterAsync(name + "-1", name, instance.Port));
        var registered = Stopwatch.GetTimestamp();
        await Eventually.True(async () => (await lb.ViewsAsync()).Count(service => service.Available == 1) == Services, "all are known", TimeSpan.FromSeconds(60));
        Drill.Say($"{Services} services registered within {Seconds(started, registered)}, known {Seconds(registered, Stopwatch.GetTimestamp())} later");

        using (var client = await KeepAliveConnection.ConnectAsync(lb.Config.WebPort, TestContext.Current.CancellationToken))
        {
            foreach (var name in names)
            {
                var (status, body) = await client.GetAsync(name + ".haproxy.service.consul", "/", TestContext.Current.CancellationToken);
                Assert.Equal((200, $"many-1 {name}.haproxy.service.consul /\n"), (status, body));
            }
        }

        // Also those without a watch of their own follow a change without a check, every one.
        started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(names, s_atOnce, async (name, _) => await registrar.DeregisterAsync(name + "-1"));
        registered = Stopwatch.GetTimestamp();
        // All at once is a mass disappearance: held, because they still answer.
        await Eventually.True(async () => (await lb.ViewsAsync()).Any(service => service.Endpoints.Any(endpoint => endpoint.IsHeld)), "held", TimeSpan.FromSeconds(60));
        await instance.StopAsync();
        await Eventually.True(async () => (await lb.ViewsAsync()).All(service => service.Endpoints.Count == 0), "none is left", TimeSpan.FromSeconds(60));
        Drill.Say($"deregistered within {Seconds(started, registered)}, gone {Seconds(registered, Stopwatch.GetTimestamp())} later");

        await converged.CancelAsync();
        await watching;
        Drill.Say($"at most {connections} connections to the agent");
        Assert.InRange(connections, 1, 128);
    }

    [Fact]
    public async Task An_idle_balancer_asks_next_to_nothing()
    {
        await using var consul = await Drill.ConsulAsync();
        await using var agent = await FaultProxy.StartAsync(consul.Address);
        var registrar = new Registrar(consul.Client);
        var idle = Enumerable.Range(0, 20).Select(i => $"idle{i}").ToList();
        foreach (var name in idle)
        {
            await registrar.RegisterAsync(name + "-1", name, 1);
        }
        await using var lb = await LbProcess.StartAsync(Drill.Following(agent.Address));
        await Eventually.True(async () => (await lb.ViewsAsync()).Length == idle.Count, "all are known");

        var before = agent.Requests;
        // Idleness is a matter of time.
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        var asked = agent.Requests - before;
        Drill.Say($"{asked} requests in 5 s with {idle.Count} services");
        Assert.InRange(asked, 0, idle.Count);
    }

    private static string Seconds(long from, long to) => string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(from, to).TotalSeconds:0.00} s");
}
