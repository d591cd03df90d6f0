using BenchmarkDotNet.Attributes;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Benchmarks;

/// <summary>What an observation of a large service costs in which one endpoint turned critical, or nothing changed.</summary>
[MemoryDiagnoser]
public class SnapshotBenchmarks
{
    private Catalog _catalog = null!;
    private ISourceFeed _feed = null!;
    private Observation[] _equal = [];
    private Observation[] _mixed = [];
    private int _turn;

    [Params(10, 1_000, 10_000)]
    public int Endpoints { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _catalog = BenchmarkCatalog.Create();
        _feed = _catalog.Open("consul", []);
        _equal = Observations(static _ => 1);
        _mixed = Observations(static i => 1 + (i * 7 % 10));
        _feed.Observe("same", _equal[0]);
    }

    [GlobalCleanup]
    public void Cleanup() => _catalog.Dispose();

    [Benchmark]
    public void OneChangedOfEqualWeights() => _feed.Observe("equal", _equal[_turn++ & 1]);

    [Benchmark]
    public void OneChangedOfMixedWeights() => _feed.Observe("mixed", _mixed[_turn++ & 1]);

    [Benchmark]
    public void Unchanged() => _feed.Observe("same", _equal[0]);

    private Observation[] Observations(Func<int, int> weight)
    {
        ObservedEndpoint[] passing = [.. BenchmarkCatalog.Endpoints(Endpoints, weight)];
        return [new Observation.Seen([.. passing]), new Observation.Seen([passing[0] with { State = SourceState.Critical }, .. passing[1..]])];
    }
}
