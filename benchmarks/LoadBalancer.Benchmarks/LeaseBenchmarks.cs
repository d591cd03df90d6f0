using BenchmarkDotNet.Attributes;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Benchmarks;

/// <summary>What holding an endpoint for one request costs.</summary>
[MemoryDiagnoser]
public class LeaseBenchmarks
{
    private Catalog _catalog = null!;
    private Endpoint _endpoint = null!;

    [GlobalSetup]
    public void Setup()
    {
        (_catalog, _) = BenchmarkCatalog.WithServices(1);
        _endpoint = _catalog.Find(BenchmarkCatalog.ServiceName(0))!.Snapshot.Endpoints[0].Endpoint;
    }

    [GlobalCleanup]
    public void Cleanup() => _catalog.Dispose();

    [Benchmark]
    public void BeginAndEnd()
    {
        var lease = Lease.Begin(_endpoint);
        lease.End(LeaseOutcome.Succeeded);
    }
}
