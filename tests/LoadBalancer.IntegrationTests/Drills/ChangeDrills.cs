using System.Diagnostics;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>How fast a change in Consul is a change in traffic.</summary>
public sealed class ChangeDrills
{
    private const int Rounds = 30;

    // More often than ten times a second for long, and the balancer would collect changes of one service.
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(110);

    [Fact]
    public async Task A_change_in_Consul_is_a_change_in_traffic_at_once()
    {
        await using var consul = await Drill.ConsulAsync();
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address));
        await MeasureAsync(new Registrar(consul.Client), lb);
    }

    [Fact]
    public async Task So_is_one_in_the_embedded_registry()
    {
        var http = Ports.Free();
        await using var lb = await LbProcess.StartAsync(Drill.Following(new Uri($"http://127.0.0.1:{http}"), more: $$""", "registry": { "http": "127.0.0.1:{{http}}", "dns": null }"""));
        using var agent = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
        await MeasureAsync(new Registrar(agent), lb);
    }

    private static async Task MeasureAsync(Registrar registrar, LbProcess lb)
    {
        var instances = await Drill.InstancesAsync("api", 3);
        await registrar.RegisterAsync(instances, ttl: true);
        await lb.ShowsAsync(service => service.Available == 3, "three");
        var load = ConstantLoad.Start(lb.Config.WebPort);
        var it = instances[0];
        (string Name, Func<Task> Out, Func<Task> In)[] changes =
        [
            ("critical / passing", () => registrar.CheckAsync(it.Id, passes: false), () => registrar.CheckAsync(it.Id, passes: true)),
            ("maintenance on / off", () => registrar.MaintenanceAsync(it.Id, true), () => registrar.MaintenanceAsync(it.Id, false)),
            ("deregistered / registered", () => registrar.DeregisterAsync(it.Id), () => registrar.RegisterAsync(it, ttl: true)),
        ];
        var worst = TimeSpan.Zero;
        foreach (var (name, takeOut, putIn) in changes)
        {
            var (outs, ins) = (new List<ChangeTimes>(), new List<ChangeTimes>());
            for (var i = 0; i < Rounds; i++)
            {
                outs.Add(await ChangeAsync(registrar, lb, it, takeOut, isIn: false));
                ins.Add(await ChangeAsync(registrar, lb, it, putIn, isIn: true));
            }
            Drill.Say($"{name}, out: {ChangeTimes.Describe(outs)}");
            Drill.Say($"{name}, in:  {ChangeTimes.Describe(ins)}");
            worst = outs.Concat(ins).Select(times => times.Traffic).Append(worst).Max();
        }
        await load.EndWithoutLossAsync(lb);
        await instances.DisposeAllAsync();
        Assert.True(worst < TimeSpan.FromSeconds(2), $"a change took {worst.TotalMilliseconds} ms");
    }

    private static async Task<ChangeTimes> ChangeAsync(Registrar registrar, LbProcess lb, Instance it, Func<Task> change, bool isIn)
    {
        var pace = Task.Delay(s_pace);
        var consul = After(registrar.SeesAsync(it.Service, it.Id, isIn));
        var shown = After(lb.ShowsAsync(service => service.Find(it.Id)?.IsAvailable == true == isIn, $"{it.Id} {(isIn ? "in" : "out")}"));
        await change();
        var answered = Stopwatch.GetTimestamp();
        var before = it.Requests;
        var consulAt = await consul;
        var shownAt = await shown;
        if (isIn)
        {
            await Eventually.True(() => it.Requests > before, "a request");
            return new ChangeTimes(answered, consulAt, shownAt, it.LastRequest);
        }
        // What was under way arrives, on a busy machine a little later; then nothing comes any more.
        await pace;
        var last = it.LastRequest;
        await Eventually.True(
            async () =>
            {
                before = it.Requests;
                last = it.LastRequest;
                await Task.Delay(s_pace / 2);
                return before == it.Requests;
            },
            "no request reaches it any more", TimeSpan.FromSeconds(2));
        return new ChangeTimes(answered, consulAt, shownAt, last);
    }

    private static async Task<long> After(Task task)
    {
        await task;
        return Stopwatch.GetTimestamp();
    }
}
