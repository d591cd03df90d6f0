using System.Net;
using LoadBalancer.Core.Model;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests.Consul;

/// <summary>More services than connections.</summary>
public sealed class CappedWatchTests
{
    private const int Services = 300;
    private const int MaxConnections = 40;

    [Fact]
    public async Task Hundreds_of_services_over_few_connections()
    {
        RealConsul.OrSkip();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "connections are counted in /proc");
        // The source has an address of the agent for itself, so that its connections can be told from the test's.
        await using var agent = await ConsulAgent.StartAsync(configuration: """addresses { http = "127.0.0.1 127.0.0.2" }""");
        var own = new IPEndPoint(IPAddress.Parse("127.0.0.2"), agent.HttpPort);
        using var counter = new ConnectionCounter(own);
        await using var source = new RunningSource(new() { Address = own.ToString(), MaxConnections = MaxConnections });
        await Eventually.True(() => source.Feed.Completions > 0, "complete");

        var clock = System.Diagnostics.Stopwatch.StartNew();
        // Every third has no check: only the list of services tells of its instances.
        await Parallel.ForEachAsync(Enumerable.Range(0, Services), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await RegisterAsync(agent, i, 1));
        var registered = clock.Elapsed;
        await Eventually.True(() => Enumerable.Range(0, Services).All(i => source.Feed.Endpoint($"s{i}", $"s{i}-1") is not null), "all observed", TimeSpan.FromSeconds(30));
        Print($"{Services} services: registered in {registered.TotalMilliseconds:0} ms, all observed {(clock.Elapsed - registered).TotalMilliseconds:0} ms later, {source.Requests.Count} requests");
        await Eventually.True(() => source.Requests.Any(r => r.Contains("/state/any", StringComparison.Ordinal) && r.Contains("index=", StringComparison.Ordinal)), "all checks are watched");

        var latencies = new List<double>();
        foreach (var i in Enumerable.Range(0, 30).Select(i => i * 10))
        {
            var name = $"s{i}";
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            if (HasCheck(i))
            {
                await agent.PutAsync($"v1/agent/check/fail/service:{name}-1");
                await source.Feed.UntilEndpointAsync(name, $"{name}-1", e => e.State == SourceState.Critical, "critical");
                latencies.Add(System.Diagnostics.Stopwatch.GetElapsedTime(started, source.Feed.Log(name)[^1].At).TotalMilliseconds);
            }
            else
            {
                await RegisterAsync(agent, i, 2);
                await source.Feed.UntilEndpointAsync(name, $"{name}-2", _ => true, "has a second instance");
                await agent.DeregisterAsync($"{name}-1");
                await source.Feed.UntilAsync(name, seen => seen.Endpoints is [{ Id.ServiceId: var left }] && left == $"{name}-2", "lost its first instance");
            }
        }
        latencies.Sort();
        Print($"a check of one of {Services}: median {latencies[latencies.Count / 2]:0.0} ms, worst {latencies[^1]:0.0} ms");

        await agent.PutAsync("v1/agent/maintenance?enable=true&reason=all");
        await Eventually.True(() => Enumerable.Range(0, Services).All(i => source.Feed.Seen($"s{i}")!.Endpoints.All(e => e.State is SourceState.Drain or SourceState.Critical)), "the node's maintenance reaches all");
        await agent.PutAsync("v1/agent/maintenance?enable=false");

        clock.Restart();
        await Parallel.ForEachAsync(Enumerable.Range(0, Services), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            await agent.DeregisterAsync($"s{i}-1");
            await agent.DeregisterAsync($"s{i}-2");
        });
        registered = clock.Elapsed;
        await Eventually.True(() => Enumerable.Range(0, Services).All(i => source.Feed.Seen($"s{i}") is { Endpoints.IsEmpty: true, Doubt: null }), "all gone", TimeSpan.FromSeconds(30));
        Print($"deregistered in {registered.TotalMilliseconds:0} ms, all gone {(clock.Elapsed - registered).TotalMilliseconds:0} ms later");

        Print($"connections to the agent at most: {counter.Most}");
        // The kernel's table is read while it changes: one that closes and the one that takes its place may both be in it.
        Assert.InRange(counter.Most, 1, MaxConnections + 4);
        Assert.Empty(source.Feed.Failures);
    }

    [Fact]
    public async Task What_is_used_gets_a_watch_of_its_own()
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            await RegisterAsync(agent, i, 1);
        }
        await using var source = new RunningSource(
            new() { Address = agent.Address.AbsoluteUri, MaxConnections = 24, Wait = TimeSpan.FromSeconds(1) },
            rebalanceEvery: TimeSpan.FromMilliseconds(200));
        await Eventually.True(() => source.Feed.Completions > 0, "complete");
        bool Watched(string name, int after) => source.Requests.Skip(after).Any(r => r.Contains($"/health/service/{name}?", StringComparison.Ordinal) && r.Contains("index=", StringComparison.Ordinal));
        var cold = Enumerable.Range(0, 20).Select(i => $"s{i}").Where(name => !Watched(name, 0)).ToList();
        Assert.True(cold.Count >= 12, $"{cold.Count} without a watch");

        var busy = cold[0];
        var before = source.Requests.Count;
        using var traffic = new Timer(_ => source.Feed.Demand.AddOrUpdate(busy, 100, (_, total) => total + 100), null, 0, 50);
        await Eventually.True(() => Watched(busy, before), "the busy service is watched");
        // Whoever lost its watch is still covered.
        for (var i = 0; i < 20; i++)
        {
            await RegisterAsync(agent, i, 2);
        }
        await Eventually.True(() => Enumerable.Range(0, 20).All(i => source.Feed.Endpoint($"s{i}", $"s{i}-2") is not null), "all changes observed");
    }

    [Fact]
    public async Task An_agent_without_room_is_shared()
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync(configuration: "limits { http_max_conns_per_client = 40 }");
        for (var i = 0; i < 60; i++)
        {
            await RegisterAsync(agent, i, 1);
        }
        // 112 watches may be held, but the agent takes far fewer connections.
        await using var source = new RunningSource(new() { Address = agent.Address.AbsoluteUri });
        await Eventually.True(() => Enumerable.Range(0, 60).All(i => source.Feed.Endpoint($"s{i}", $"s{i}-1") is not null), "all observed");
        await Eventually.True(() => source.Log.Any(line => line.Contains("shares a watch", StringComparison.Ordinal)), "some watches gave way");
        for (var i = 0; i < 60; i++)
        {
            var port = 9000 + i;
            await Eventually.True(async () => await TryRegisterAsync(agent, i, port), "registered");
        }
        await Eventually.True(() => Enumerable.Range(0, 60).All(i => source.Feed.Endpoint($"s{i}", $"s{i}-1")!.Port == 9000 + i), "all changes observed", TimeSpan.FromSeconds(60));
    }

    private static bool HasCheck(int i) => i % 3 != 0;

    private static async Task RegisterAsync(ConsulAgent agent, int i, int instance)
    {
        object registration = HasCheck(i)
            ? new { ID = $"s{i}-{instance}", Name = $"s{i}", Port = 8000 + instance, Check = new { TTL = "1h", Status = "passing" } }
            : new { ID = $"s{i}-{instance}", Name = $"s{i}", Port = 8000 + instance };
        await agent.RegisterAsync(registration);
    }

    // The test's own connection may be refused as well.
    private static async Task<bool> TryRegisterAsync(ConsulAgent agent, int i, int port)
    {
        await agent.RegisterAsync(new { ID = $"s{i}-1", Name = $"s{i}", Port = port });
        return true;
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
