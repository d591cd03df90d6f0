using LoadBalancer.Comparison.Backends;
using LoadBalancer.Comparison.Load;
using LoadBalancer.Comparison.Measure;
using LoadBalancer.Comparison.Proxies;
using LoadBalancer.Comparison.Report;
using LoadBalancer.Comparison.Workloads;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Comparison;

/// <summary>
/// Runs every work item: starts the proxies for it, warms each up, then measures round by round, one proxy after the
/// other within a round and in another order each round, so that a drift of the machine meets all alike.
/// </summary>
/// <param name="options">What to run.</param>
/// <param name="participants">The programs.</param>
/// <param name="folder">An existing folder for everything that is written.</param>
/// <param name="progress">Takes a line of what is going on.</param>
public sealed class ComparisonRun(Options options, Participants participants, string folder, Action<string> progress)
{
    // Well below saturation, where a latency is the proxy's and not that of a queue for the cores all share.
    private const double EqualLoadShare = 1.0 / 3;

    /// <summary>What a proxy does after the last request, such as giving buffers back, is over by then.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(3);

    private readonly EpollDriver _constantRate = new();
    private readonly BulkDriver _bulk = new();

    /// <summary>About how long all of it takes, the programs' starts left out.</summary>
    public TimeSpan Estimate() =>
        options.Connections.Count * options.Workloads.Where(static workload => !workload.IsIdle).Aggregate(TimeSpan.Zero, (sum, workload) => sum
            + ((workload.Kind == WorkloadKind.TcpBulk ? 1 : 2) * participants.Proxies.Count(proxy => proxy.Serves(workload)) * (options.WarmUp + (options.Rounds * options.Duration))))
        + (options.Workloads.Any(static workload => workload.IsIdle) ? options.Rounds * participants.Proxies.Count * (options.WarmUp + (3 * s_settling)) : TimeSpan.Zero);

    /// <summary>The tables as they are finished. No process of it is left when it ends, however it ends.</summary>
    public async IAsyncEnumerable<Table> RunAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        using var tcp = new TcpBackend(Ports.Free(), Ports.Free());
        await using var http = participants.BackendProgram is { } program
            ? await HttpBackend.StartAsync(program, Subfolder("backend"), options.Threads, cancellation)
            : null;
        foreach (var connections in options.Connections)
        {
            // How many are idle has an option of its own.
            foreach (var workload in options.Workloads.Where(workload => !workload.IsIdle || connections == options.Connections[0]))
            {
                IReadOnlyList<int> backends = workload.Kind switch
                {
                    WorkloadKind.TcpEcho => [tcp.EchoPort],
                    WorkloadKind.TcpBulk => [tcp.BulkPort],
                    _ => http?.Ports ?? [],
                };
                if (backends.Count == 0)
                {
                    progress($"{workload.Name}: skipped, there is no nginx to be the backend");
                    continue;
                }
                if (workload.IsIdle)
                {
                    yield return (await MeasureIdleAsync(workload, backends, cancellation)).ToTable();
                    continue;
                }
                await foreach (var section in RunAsync(workload, connections, backends, cancellation))
                {
                    yield return section.ToTable();
                }
            }
        }
    }

    private async IAsyncEnumerable<Section> RunAsync(Workload workload, int connections, IReadOnlyList<int> backends, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        // Fresh processes for every work item: the resident set is then its own, not that of an earlier one.
        List<RunningProxy> proxies = [];
        try
        {
            foreach (var proxy in participants.Proxies.Where(proxy => proxy.Serves(workload)))
            {
                var site = new ProxySite(Subfolder($"{workload.Name}-{connections}-{proxy.Name}"), Ports.Free(), Ports.Free(), backends, workload.Kind, options.Threads, connections);
                proxies.Add(await RunningProxy.StartAsync(proxy, site, workload, cancellation));
            }
            var title = $"{workload.Title}, {connections} connections";
            var saturated = new LoadPlan(workload, 0, connections, options.Threads, options.Duration);
            var samples = await MeasureAsync(proxies, DriverOf(workload), saturated, $"{title}, saturated", cancellation);
            yield return new Section($"{title}, saturated", workload.Kind == WorkloadKind.TcpBulk, samples);
            if (workload.Kind == WorkloadKind.TcpBulk)
            {
                yield break;
            }
            var rate = options.Rate ?? Math.Floor(EqualLoadShare * samples.Min(proxy => proxy.Spread(sample => sample.Throughput)!.Value.Median));
            title += $", equal load of {rate:N0} requests/s";
            yield return new Section(title, false, await MeasureAsync(proxies, _constantRate, saturated with { Rate = rate }, title, cancellation));
        }
        finally
        {
            foreach (var proxy in proxies)
            {
                await proxy.DisposeAsync();
            }
        }
    }

    private async Task<IdleSection> MeasureIdleAsync(Workload workload, IReadOnlyList<int> backends, CancellationToken cancellation)
    {
        IProxy[] served = [.. participants.Proxies.Where(proxy => proxy.Serves(workload))];
        var samples = served.ToDictionary(static proxy => proxy, static _ => new List<IdleSample>());
        for (var round = 0; round < options.Rounds; round++)
        {
            progress($"{workload.Title}: round {round + 1} of {options.Rounds}");
            foreach (var proxy in served)
            {
                samples[proxy].Add(await MeasureIdleAsync(proxy, workload, backends, round, cancellation));
            }
        }
        return new IdleSection(workload.Title, [.. served.Select(proxy => (proxy.Name, (IReadOnlyList<IdleSample>)samples[proxy]))]);
    }

    private async Task<IdleSample> MeasureIdleAsync(IProxy proxy, Workload workload, IReadOnlyList<int> backends, int round, CancellationToken cancellation)
    {
        // Every proxy must be able to double them, with some to spare: HAProxy asks for as much when it starts.
        var count = Math.Max(1, Math.Min(options.IdleConnections, (IdleConnections.FileLimit() / 2) - 1200));
        var site = new ProxySite(Subfolder($"{workload.Name}-{round}-{proxy.Name}"), Ports.Free(), Ports.Free(), backends, workload.Kind, options.Threads, count / 4);
        await using var running = await RunningProxy.StartAsync(proxy, site, workload, cancellation);
        // What a proxy takes for its first requests, it does not take for these.
        _ = await MeasureAsync(running, DriverOf(workload), new LoadPlan(workload, 0, 64, options.Threads, options.WarmUp), cancellation);
        await Task.Delay(s_settling, cancellation);
        var before = ProcessTree.ResidentBytes(running.ProcessId);
        using var connections = new IdleConnections();
        connections.Open(site.Port, workload.Request(), answerBytes: 100, count);
        if (connections.Count == 0)
        {
            throw new ComparisonException($"{proxy.Name} served no idle connection");
        }
        await Task.Delay(s_settling, cancellation);
        running.ThrowIfEnded();
        return new IdleSample(connections.Count, before, ProcessTree.ResidentBytes(running.ProcessId));
    }

    private ILoadDriver DriverOf(Workload workload) => workload.Kind switch
    {
        WorkloadKind.TcpBulk => _bulk,
        WorkloadKind.Http when participants.WrkProgram is { } wrk => new WrkDriver(wrk, folder),
        _ => _constantRate,
    };

    private async Task<IReadOnlyList<ProxySamples>> MeasureAsync(List<RunningProxy> proxies, ILoadDriver driver, LoadPlan plan, string title, CancellationToken cancellation)
    {
        foreach (var proxy in proxies)
        {
            progress($"{title}: warming up {proxy.Proxy.Name}");
            _ = await MeasureAsync(proxy, driver, plan with { Duration = options.WarmUp }, cancellation);
        }
        var samples = proxies.ToDictionary(proxy => proxy, _ => new List<Sample>());
        for (var round = 0; round < options.Rounds; round++)
        {
            progress($"{title}: round {round + 1} of {options.Rounds}");
            for (var i = 0; i < proxies.Count; i++)
            {
                var proxy = proxies[(round + i) % proxies.Count];
                samples[proxy].Add(await MeasureAsync(proxy, driver, plan, cancellation));
            }
        }
        return [.. proxies.Select(proxy => new ProxySamples(proxy.Proxy.Name, proxy.Proxy.IsYardstick, samples[proxy]))];
    }

    private static async Task<Sample> MeasureAsync(RunningProxy proxy, ILoadDriver driver, LoadPlan plan, CancellationToken cancellation)
    {
        var (load, usage) = await CpuClock.MeasureAsync(proxy.ProcessId, () => driver.RunAsync(plan with { Port = proxy.Port }, cancellation));
        proxy.ThrowIfEnded();
        return Sample.From(load, usage);
    }

    private string Subfolder(string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
}
