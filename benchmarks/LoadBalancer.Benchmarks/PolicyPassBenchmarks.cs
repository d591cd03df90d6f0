using System.Net;
using BenchmarkDotNet.Attributes;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Benchmarks;

/// <summary>
/// What the whole policy layer costs a request, as an engine goes through it: guard, dispatch, lease and their ends, with
/// everything off and with everything on. Ten endpoints.
/// </summary>
[MemoryDiagnoser]
[MinColumn]
public class PolicyPassBenchmarks
{
    private static readonly IPAddress s_client = IPAddress.Parse("192.0.2.1");

    private static readonly ServicePolicy s_defaults = new() { Balance = BalanceAlgorithm.LeastRequest };

    private static readonly ServicePolicy s_off = s_defaults with { Retry = new RetryPolicy { Budget = null }, Outliers = new OutlierOptions { ConsecutiveErrors = 0 } };

    private static readonly EndpointLimitOptions s_limits = new() { MaxRequests = 100, MaxConnections = 100 };

    private static readonly ServicePolicy s_allOn = s_defaults with
    {
        Outliers = new OutlierOptions { Statuses = [new StatusRange(500, 599)], SuccessRate = new SuccessRateOptions() },
        EndpointLimits = s_limits,
        Guard = new GuardOptions
        {
            RateLimit = new RateLimitOptions { Rate = RateLimit.MaxRate, Burst = 1_000_000, Per = RateLimitPer.Client },
            Queue = new QueueOptions { MaxRequests = 1000, Queue = 100 },
            AdaptiveLimit = new AdaptiveLimitOptions(),
            Breaker = new CircuitBreakerOptions(),
        },
    };

    private readonly EndpointEntry _entry = new(new Nobody());
    private readonly List<Catalog> _catalogs = [];
    private Service _off = null!;
    private Service _defaults = null!;
    private Service _endpointLimits = null!;
    private Service _full = null!;
    private Service _allOn = null!;

    [GlobalSetup]
    public void Setup()
    {
        _off = Create(s_off);
        _defaults = Create(s_defaults);
        _endpointLimits = Create(s_off with { EndpointLimits = s_limits });
        _allOn = Create(s_allOn);
        _full = Create(s_off with { EndpointLimits = s_limits with { MaxRequests = 1, Queue = 0 } });
        foreach (var state in _full.Snapshot.Endpoints)
        {
            _ = Lease.Begin(state.Endpoint);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _catalogs.ForEach(static catalog => catalog.Dispose());

    [Benchmark(Baseline = true)]
    public bool AllOff() => Pass(_off);

    /// <summary>With what is on by default: the budget of retries and the errors in a row.</summary>
    [Benchmark]
    public bool Defaults() => Pass(_defaults);

    [Benchmark]
    public bool EndpointLimits() => Pass(_endpointLimits);

    [Benchmark]
    public bool AllOn() => Pass(_allOn);

    /// <summary>Every endpoint is full, and nobody may wait.</summary>
    [Benchmark]
    public bool RefusedAsFull() => Pass(_full);

    private Service Create(ServicePolicy policy)
    {
        var catalog = BenchmarkCatalog.Create(policy);
        _catalogs.Add(catalog);
        catalog.Open("consul", []).Observe("api", new Observation.Seen([.. BenchmarkCatalog.Endpoints(10)]));
        return catalog.Find("api")!;
    }

    /// <summary>As an engine does it, with one reading of the clock at the start and one at the answer.</summary>
    private bool Pass(Service service)
    {
        var now = TimeProvider.System.GetTimestamp();
        service.CountRequest();
        var admission = default(Admission);
        if (service.Guard is { } guard)
        {
            guard.RateLimit?.TryAcquire(s_client, now, out _);
            guard.Arrive(ref admission, _entry, now, out _);
        }
        var dispatch = default(Dispatch);
        dispatch.Begin(service, [], now);
        if (dispatch.Next() is null)
        {
            return dispatch.IsFull && dispatch.Wait(_entry, now) == QueueAnswer.Entered;
        }
        dispatch.Answered(200);
        now = TimeProvider.System.GetTimestamp();
        admission.Answered(LeaseOutcome.Succeeded, now);
        dispatch.End(LeaseOutcome.Succeeded);
        admission.End(LeaseOutcome.Succeeded, now);
        return true;
    }

    private sealed class Nobody : IWaiter
    {
        public void Granted()
        {
        }

        public void Expired()
        {
        }
    }
}
