using System.Diagnostics;
using LoadBalancer.Soak.Backends;
using LoadBalancer.Soak.Checks;
using LoadBalancer.Soak.Clients;

namespace LoadBalancer.Soak;

/// <summary>
/// Starts the balancer, its endpoints and its clients, lets them run, and compares at the end what the clients, the
/// endpoints, the balancer and the kernel say of it.
/// </summary>
/// <param name="options">What to run.</param>
/// <param name="progress">Takes a line of what is going on.</param>
internal sealed class SoakRun(SoakOptions options, Action<string> progress)
{
    /// <summary>Nothing that is asked of it may fail, and its counters are exact.</summary>
    private const string Calm = "calm";

    /// <summary>Its endpoints fail, leave and come.</summary>
    private const string Rough = "rough";

    /// <summary>Its clients leave at any moment.</summary>
    private const string Left = "left";

    /// <summary>Connections over TCP that end as they should.</summary>
    private const string CalmTcp = "calm-tcp";

    /// <summary>Connections over TCP that either side ends at any moment.</summary>
    private const string RoughTcp = "rough-tcp";

    /// <summary>Pipes that the balancer keeps to use again, per loop (see splice(2)): two descriptors each.</summary>
    private const int KeptPipes = 2 * 32;

    private const double ResidentMargin = 32;

    private readonly Ledger _ledger = new();
    private readonly Dictionary<string, Tally> _tallies = new() { [Calm] = new(), [Rough] = new(), [Left] = new(), [CalmTcp] = new(), [RoughTcp] = new() };
    private readonly Dictionary<string, List<Backend>> _backends = [];
    private readonly List<double> _resident = [];
    private int _connections;

    /// <summary>Runs all of it; no process is left when it ends.</summary>
    public async Task<Verdict> RunAsync(CancellationToken cancellation)
    {
        await using var balancer = new Balancer(options);
        try
        {
            return await RunAsync(balancer, cancellation);
        }
        finally
        {
            foreach (var backend in _backends.Values.SelectMany(static backends => backends))
            {
                backend.Dispose();
            }
        }
    }

    private async Task<Verdict> RunAsync(Balancer balancer, CancellationToken cancellation)
    {
        foreach (var service in _tallies.Keys)
        {
            var isTcp = service is CalmTcp or RoughTcp;
            List<Backend> backends = [.. Enumerable.Range(0, service == Rough ? 4 : 2).Select(_ => new Backend((socket, backend) => isTcp ? Echo(socket, backend, service) : Http(socket, backend), _ledger))];
            backends.ForEach(static backend => backend.Start());
            _backends[service] = backends;
            balancer.Services[service] = [.. backends.Select(static backend => backend.Port)];
            if (isTcp)
            {
                balancer.Relays[service] = TestSupport.Ports.Free();
            }
        }
        await balancer.StartAsync();
        var churn = new Churn(balancer, Rough, _backends[Rough], options.Seed);
        var clients = Enumerable.Range(0, options.Workers).Select(i => ClientOf(i, balancer, churn)).ToArray();

        // What the program opens once and keeps does not count.
        var first = _ledger.Requests + Math.Min(options.Requests / 10, 20_000);
        await DriveAsync(balancer, clients, null, options.Duration / 10, () => _ledger.Requests < first, cancellation);
        await WaitForQuietAsync(balancer);
        var before = await SettledAsync(balancer);
        progress($"after the warm-up: {_ledger.Requests:N0} requests, descriptors {before}, {balancer.ResidentMegabytes():0.0} MiB");

        var began = Stopwatch.GetTimestamp();
        await DriveAsync(balancer, clients, churn, options.Duration, () => _ledger.Requests < options.Requests, cancellation);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await WaitForQuietAsync(balancer);
        return await JudgeAsync(balancer, churn, before, seconds);
    }

    private HttpBackendConnection Http(System.Net.Sockets.Socket socket, Backend backend) => new(socket, backend, _ledger, NextSeed());

    private EchoConnection Echo(System.Net.Sockets.Socket socket, Backend backend, string service)
    {
        var random = new Random(NextSeed());
        return new EchoConnection(socket, backend, service == RoughTcp && random.Next(3) == 0 ? random.Next(64 * 1024) : long.MaxValue);
    }

    private int NextSeed() => options.Seed + Interlocked.Increment(ref _connections);

    private Client ClientOf(int i, Balancer balancer, Churn churn)
    {
        var seed = (options.Seed * 1_000) + i;
        var web = balancer.Listeners[Balancer.Web];
        return (i % 12) switch
        {
            0 or 1 or 2 => new SequentialClient(true, web, Calm, _ledger, _tallies[Calm], seed),
            3 or 4 => new PipeliningClient(true, web, Calm, _ledger, _tallies[Calm], seed),
            5 or 6 => new SequentialClient(false, web, Rough, _ledger, _tallies[Rough], seed),
            7 => new PipeliningClient(false, web, Rough, _ledger, _tallies[Rough], seed),
            8 => new LeavingClient(() => web, Left, _ledger, _tallies[Left], seed),
            9 => i % 24 < 12 ? new LeavingClient(() => churn.Visited, Left, _ledger, _tallies[Left], seed) : new SlowClient(web, Calm, _ledger, _tallies[Calm], seed),
            10 => new EchoClient(true, balancer.Relays[CalmTcp], _ledger, _tallies[CalmTcp], seed),
            _ => new EchoClient(false, balancer.Relays[RoughTcp], _ledger, _tallies[RoughTcp], seed),
        };
    }

    /// <summary>Lets the clients run until it is enough, and waits for what is under way.</summary>
    private async Task DriveAsync(Balancer balancer, Client[] clients, Churn? churn, TimeSpan duration, Func<bool> goesOn, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        var isOver = false;
        var running = Task.WhenAll(clients.Select(client => Task.Run(() => client.RunAsync(() => !Volatile.Read(ref isOver)), CancellationToken.None)));
        var churning = churn?.RunAsync(() => !Volatile.Read(ref isOver)) ?? Task.CompletedTask;
        for (var second = 1; goesOn() && Stopwatch.GetElapsedTime(began) < duration && !cancellation.IsCancellationRequested && !balancer.HasEnded && _ledger.Wrong < 1_000; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5), CancellationToken.None);
            Array.ForEach(clients, static client => client.Watch());
            if (churn is not null && !balancer.HasEnded)
            {
                _resident.Add(balancer.ResidentMegabytes());
            }
            if (second % 20 == 0)
            {
                progress($"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s: {_ledger.Requests:N0} requests, {_ledger.Wrong} wrong, {balancer.ResidentMegabytes():0.0} MiB");
            }
        }
        Volatile.Write(ref isOver, true);
        while (await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(0.5), CancellationToken.None)) != running)
        {
            Array.ForEach(clients, static client => client.Watch());
        }
        await running;
        await churning;
    }

    private async Task WaitForQuietAsync(Balancer balancer)
    {
        foreach (var service in _tallies.Keys)
        {
            await CheckAsync(async () => (await balancer.ServiceAsync(service)).InFlight == 0, async () => $"{service}: {(await balancer.ServiceAsync(service)).InFlight} in flight with no client left");
        }
        foreach (var backend in _backends.Values.SelectMany(static backends => backends))
        {
            backend.CloseIdle();
        }
    }

    /// <summary>The descriptors once their number has stopped changing.</summary>
    private static async Task<(int Sockets, int Pipes, int Others)> SettledAsync(Balancer balancer)
    {
        var now = balancer.Descriptors();
        for (var same = 0; same < 20; same++)
        {
            await Task.Delay(50);
            if (balancer.Descriptors() is var next && next != now)
            {
                (now, same) = (next, 0);
            }
        }
        return now;
    }

    private async Task<Verdict> JudgeAsync(Balancer balancer, Churn churn, (int Sockets, int Pipes, int Others) before, double seconds)
    {
        List<string> summary = [$"{_ledger.Requests:N0} requests and connections, {_ledger.Requests / seconds:N0} per second, {churn.Changes} changes of endpoints and listeners, processor time of lb {balancer.ProcessorTime().TotalSeconds:0.0} s"];
        summary.Add($"{_ledger.CheckRepeats():N0} were sent again after an endpoint had ended the connection");
        foreach (var (service, tally) in _tallies)
        {
            var figures = await balancer.ServiceAsync(service);
            summary.Add($"{service}: {tally}; lb counted {figures.Requests:N0}");
            if (figures.Requests < tally.Least || figures.Requests > tally.Most)
            {
                _ledger.Violation($"{service}: lb counted {figures.Requests:N0} requests, clients {tally.Least:N0} to {tally.Most:N0}");
            }
            if (service is Calm or CalmTcp)
            {
                JudgeCalm(service, tally, figures);
            }
        }
        // No descriptor is left once the endpoints have closed what was kept.
        var after = before;
        await CheckAsync(
            () =>
            {
                after = balancer.Descriptors();
                return Task.FromResult(after.Sockets <= before.Sockets && after.Pipes <= before.Pipes + (KeptPipes * Environment.ProcessorCount) && after.Others <= before.Others + 4);
            },
            () => Task.FromResult($"descriptors are left: {before} before, {after} after"));
        summary.Add($"descriptors: {before} before, {after} after");
        JudgeResident(summary);
        foreach (var line in balancer.Errors)
        {
            _ledger.Violation($"lb says: {line}");
        }
        if (balancer.HasEnded)
        {
            _ledger.Violation("lb has ended");
        }
        else if (await balancer.StopAsync() is var code && code != 0)
        {
            _ledger.Violation($"lb ended with {code}");
        }
        return new Verdict(summary, _ledger.Wrong, _ledger.Violations);
    }

    private void JudgeCalm(string service, Tally tally, ServiceFigures figures)
    {
        var seen = _backends[service].Sum(static backend => backend.Requests);
        if (tally.Least != tally.Most || tally.Whole != tally.Most || tally.Refused + tally.Cut + figures.Failures > 0)
        {
            _ledger.Violation($"{service}: {tally}, {figures.Failures} failures of endpoints");
        }
        if (figures.Requests != seen || figures.Total != seen)
        {
            _ledger.Violation($"{service}: endpoints got {seen:N0} requests, lb counted {figures.Requests:N0} and {figures.Total:N0} over its endpoints");
        }
    }

    /// <summary>Memory must not grow from the second quarter of the run to the last one.</summary>
    private void JudgeResident(List<string> summary)
    {
        var quarter = _resident.Count / 4;
        if (quarter == 0)
        {
            return;
        }
        var (early, late) = (_resident.Skip(quarter).Take(quarter).Max(), _resident.TakeLast(quarter).Max());
        summary.Add($"resident set: {early:0.0} MiB in the second quarter, {late:0.0} MiB in the last");
        if (late > early + Math.Max(ResidentMargin, early / 4))
        {
            _ledger.Violation($"the resident set grows: {early:0.0} MiB in the second quarter, {late:0.0} MiB in the last");
        }
    }

    /// <summary>Waits for what must come about; a violation if it does not.</summary>
    private async Task CheckAsync(Func<Task<bool>> condition, Func<Task<string>> what)
    {
        try
        {
            await TestSupport.Eventually.True(condition, "");
        }
        catch (TimeoutException)
        {
            _ledger.Violation(await what());
        }
    }
}
