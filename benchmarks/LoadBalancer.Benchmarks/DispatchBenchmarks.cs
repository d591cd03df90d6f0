using BenchmarkDotNet.Attributes;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Benchmarks;

/// <summary>What one request's way to an endpoint and back costs when nothing fails, with and without retries.</summary>
[MemoryDiagnoser]
public class DispatchBenchmarks
{
    private Catalog _catalog = null!;
    private Service _service = null!;
    private long _now;

    /// <summary>What is turned on.</summary>
    public enum Retrying
    {
        /// <summary>Nothing.</summary>
        Off,

        /// <summary>One retry within the budget.</summary>
        Default,

        /// <summary>The same, and after chosen statuses.</summary>
        Statuses,
    }

    [Params(Retrying.Off, Retrying.Default, Retrying.Statuses)]
    public Retrying Retry { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _now = TimeProvider.System.GetTimestamp();
        (_catalog, _) = BenchmarkCatalog.WithServices(1);
        var retry = Retry switch
        {
            Retrying.Off => new RetryPolicy { Attempts = 0 },
            Retrying.Default => new RetryPolicy(),
            _ => new RetryPolicy { OnStatuses = new StatusSet(502, 503) },
        };
        _catalog.Reconfigure(new CatalogOptions { PolicyFor = _ => new ServicePolicy { Retry = retry } });
        _service = _catalog.Find(BenchmarkCatalog.ServiceName(0))!;
    }

    [GlobalCleanup]
    public void Cleanup() => _catalog.Dispose();

    [Benchmark]
    public bool Request()
    {
        var dispatch = new Dispatch();
        dispatch.Begin(_service, [], _now);
        dispatch.Next();
        dispatch.Answered();
        var again = dispatch.TryAnother(200, isRepeatable: true, TimeProvider.System);
        dispatch.End(LeaseOutcome.Succeeded);
        return again;
    }
}
