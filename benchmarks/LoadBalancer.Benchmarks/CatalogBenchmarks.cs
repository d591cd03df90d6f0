using BenchmarkDotNet.Attributes;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Benchmarks;

/// <summary>What adding a service costs: it must not depend on how many there are.</summary>
[MemoryDiagnoser]
public class CatalogBenchmarks
{
    private const int Added = 100;

    private readonly Observation _seen = new Observation.Seen([.. BenchmarkCatalog.Endpoints(3)]);
    private string[] _names = [];
    private Catalog _catalog = null!;
    private ISourceFeed _feed = null!;

    [Params(10, 1_000, 10_000)]
    public int Services { get; set; }

    [IterationSetup]
    public void Setup()
    {
        (_catalog, _feed) = BenchmarkCatalog.WithServices(Services);
        _names = [.. Enumerable.Range(Services, Added).Select(BenchmarkCatalog.ServiceName)];
    }

    [IterationCleanup]
    public void Cleanup() => _catalog.Dispose();

    [Benchmark(OperationsPerInvoke = Added)]
    public void AddService()
    {
        foreach (var name in _names)
        {
            _feed.Observe(name, _seen);
        }
    }
}
