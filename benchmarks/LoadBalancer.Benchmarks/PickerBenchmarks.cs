using BenchmarkDotNet.Attributes;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Benchmarks;

/// <summary>What choosing an endpoint costs, without and with the lease.</summary>
[MemoryDiagnoser]
[MinColumn]
public class PickerBenchmarks
{
    private Catalog _catalog = null!;
    private Service _service = null!;
    private ulong _hash;

    [Params(3, 100, 1_000)]
    public int Endpoints { get; set; }

    /// <summary>Requests that every endpoint has in flight: algorithms that look for idle ones find none when it is 1.</summary>
    [Params(0, 1)]
    public int InFlight { get; set; }

    [ParamsAllValues]
    public BalanceAlgorithm Balance { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _catalog = BenchmarkCatalog.Create(Balance);
        _catalog.Open("consul", []).Observe("api", new Observation.Seen([.. BenchmarkCatalog.Endpoints(Endpoints, static i => 1 + (i % 3))]));
        _service = _catalog.Find("api")!;
        foreach (var state in _service.Snapshot.Endpoints)
        {
            for (var i = 0; i < InFlight; i++)
            {
                _ = Lease.Begin(state.Endpoint);
            }
            var answered = Lease.Begin(state.Endpoint);
            answered.End(LeaseOutcome.Succeeded);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _catalog.Dispose();

    /// <summary>Another key each time; not its computation.</summary>
    private ulong NextHash() => _hash += 0x9E3779B97F4A7C15;

    [Benchmark]
    public EndpointState? Pick()
    {
        var context = new PickContext { Hash = NextHash() };
        return _service.Snapshot.PickerFor("")!.Pick(ref context);
    }

    [Benchmark]
    public EndpointState? PickWithTag()
    {
        var context = new PickContext { Hash = NextHash() };
        return _service.Snapshot.PickerFor("blue")!.Pick(ref context);
    }

    [Benchmark]
    public void PickAndLease()
    {
        var context = new PickContext { Hash = NextHash() };
        var lease = Lease.Begin(_service.Snapshot.PickerFor("")!.Pick(ref context)!.Endpoint);
        lease.End(LeaseOutcome.Succeeded);
    }
}
