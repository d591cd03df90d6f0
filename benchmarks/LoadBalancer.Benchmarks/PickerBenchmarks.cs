using BenchmarkDotNet.Attributes;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Benchmarks;

/// <summary>What choosing an endpoint costs, without and with the lease.</summary>
[MemoryDiagnoser]
public class PickerBenchmarks
{
    private Catalog _catalog = null!;
    private Service _service = null!;

    [Params(3, 100, 1_000)]
    public int Endpoints { get; set; }

    [Params(BalanceAlgorithm.RoundRobin, BalanceAlgorithm.LeastRequest)]
    public BalanceAlgorithm Balance { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _catalog = BenchmarkCatalog.Create(Balance);
        _catalog.Open("consul", []).Observe("api", new Observation.Seen([.. BenchmarkCatalog.Endpoints(Endpoints, static i => 1 + (i % 3))]));
        _service = _catalog.Find("api")!;
    }

    [GlobalCleanup]
    public void Cleanup() => _catalog.Dispose();

    [Benchmark]
    public EndpointState? Pick()
    {
        var context = new PickContext();
        return _service.Snapshot.PickerFor("")!.Pick(ref context);
    }

    [Benchmark]
    public EndpointState? PickWithTag()
    {
        var context = new PickContext();
        return _service.Snapshot.PickerFor("blue")!.Pick(ref context);
    }

    [Benchmark]
    public void PickAndLease()
    {
        var context = new PickContext();
        var lease = Lease.Begin(_service.Snapshot.PickerFor("")!.Pick(ref context)!.Endpoint);
        lease.End(LeaseOutcome.Succeeded);
    }
}
