using System.Collections.Concurrent;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Active;
using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>The checks of a service with two endpoints, whose subjects are scripted, on a clock that stands still.</summary>
internal sealed class CheckedService : IDisposable
{
    private readonly TestCatalog _world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, TestCatalog.Up("a"), TestCatalog.Up("b"));
    private readonly List<string> _reports = [];

    public CheckedService(ActiveCheckOptions? options, ulong seed = 1)
    {
        (A, B) = (_world["api"].Snapshot.Endpoints[0].Endpoint, _world["api"].Snapshot.Endpoints[1].Endpoint);
        Health = new ActiveHealth((_, endpoint, time) => Checks[endpoint] = new ScriptedCheck(time) { Says = First, Gate = Gate }, new CheckGate(), _world.Time, new RandomSource(seed), Report);
        Use(options);
    }

    public Endpoint A { get; }

    public Endpoint B { get; }

    public ActiveHealth Health { get; }

    /// <summary>The latest check of each endpoint; made when it is first run.</summary>
    public ConcurrentDictionary<Endpoint, ScriptedCheck> Checks { get; } = [];

    /// <summary>What a check says that is made from now on.</summary>
    public CheckResult First { get; set; } = ScriptedCheck.Good;

    /// <summary>What a check waits for that is made from now on.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Reports that are to be withheld, as by a writer that is busy; null takes them at once.</summary>
    public List<(EndpointMonitor Monitor, string? Failure)>? Withheld { get; set; }

    public void Use(ActiveCheckOptions? options, UpstreamProtocol protocol = UpstreamProtocol.Http1, ProxyProtocolVersion sendProxyProtocol = ProxyProtocolVersion.Off) =>
        Health.Use(new ServicePolicy { Check = options, Protocol = protocol, SendProxyProtocol = sendProxyProtocol });

    /// <summary>Why the endpoint is out, as the next snapshot has it.</summary>
    public string? Fold(Endpoint endpoint, bool isNew = false) => Health.FailureOf(endpoint, isNew);

    public void Pass(double seconds)
    {
        // In steps, as time does.
        for (var i = 0; i < seconds * 100; i++)
        {
            _world.Time.Advance(TimeSpan.FromMilliseconds(10));
        }
    }

    /// <summary>The verdicts that changed since the last call: "a: bad", "a: up".</summary>
    public IReadOnlyList<string> Take()
    {
        string[] taken = [.. _reports];
        _reports.Clear();
        return taken;
    }

    public void Dispose()
    {
        Health.Stop();
        _world.Dispose();
    }

    private void Report(EndpointMonitor monitor, string? failure)
    {
        if (Withheld is not null)
        {
            Withheld.Add((monitor, failure));
        }
        else if (Health.Take(monitor, failure))
        {
            _reports.Add($"{monitor.Endpoint.Id.ServiceId}: {failure ?? "up"}");
        }
    }
}
