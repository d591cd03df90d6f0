using System.Net;
using BenchmarkDotNet.Attributes;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Benchmarks;

/// <summary>What each resilience policy costs a request that it lets pass; the clock is read once per request, outside.</summary>
[MemoryDiagnoser]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "disposed of in the clean-up, which BenchmarkDotNet calls")]
public class ResilienceBenchmarks
{
    private static readonly IPAddress s_client = IPAddress.Parse("2001:db8::1");

    private readonly RetryBudget _budget = new(new RetryBudgetOptions(), TimeProvider.System);
    private readonly RateLimit _rate = new(RateLimit.MaxRate, int.MaxValue, TimeProvider.System);
    private readonly KeyedRateLimit _keyed = new(RateLimit.MaxRate, int.MaxValue, 65_536, 7, TimeProvider.System);
    private readonly ConcurrencyLimit _limit = new(100);
    private readonly AdaptiveLimit _adaptive = new(new AdaptiveLimitOptions(), TimeProvider.System);
    private readonly CircuitBreaker _breaker = new(new CircuitBreakerOptions(), TimeProvider.System);
    private readonly LatencyQuantile _quantile = new(0.95, TimeSpan.FromSeconds(10), 1, TimeProvider.System);
    private readonly RequestQueue _queue = new(100, 100, TimeSpan.FromSeconds(1), TimeProvider.System);
    private readonly RequestQueue _full = new(1, 100, TimeSpan.FromHours(1), TimeProvider.System);
    private readonly QueueEntry _entry = new(new Nobody());
    private readonly ServiceGuard? _off = ServiceGuard.Next(null, new GuardOptions(), TimeProvider.System);
    private readonly ServiceGuard? _allOn = ServiceGuard.Next(null, new GuardOptions
    {
        RateLimit = new RateLimitOptions { Rate = RateLimit.MaxRate, Burst = 1_000_000, Per = RateLimitPer.Client },
        Queue = new QueueOptions { MaxRequests = 100, Queue = 100 },
        AdaptiveLimit = new AdaptiveLimitOptions(),
        Breaker = new CircuitBreakerOptions(),
    }, TimeProvider.System);
    private long _now;

    [GlobalSetup]
    public void Setup()
    {
        _now = TimeProvider.System.GetTimestamp();
        _full.TryEnter();
        _quantile.Record(TimeSpan.FromMilliseconds(1));
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _queue.Dispose();
        _full.Dispose();
    }

    [Benchmark]
    public void RetryBudgetDeposit() => _budget.Deposit(_now);

    [Benchmark]
    public bool RetryBudgetWithdraw() => _budget.TryWithdraw(_now);

    [Benchmark]
    public bool RateLimitAcquire() => _rate.TryAcquire(_now, out _);

    [Benchmark]
    public bool RateLimitByAddress() => _keyed.TryAcquire(s_client, _now, out _);

    [Benchmark]
    public bool RateLimitByHeader() => _keyed.TryAcquire("a-key-of-some-customer", _now, out _);

    [Benchmark]
    public void ConcurrencyLimitPass()
    {
        _limit.TryEnter();
        _limit.Exit();
    }

    [Benchmark]
    public void AdaptiveLimitPass()
    {
        _adaptive.TryEnter();
        _adaptive.Exit(_now, _now + 1000);
    }

    [Benchmark]
    public void BreakerPass()
    {
        _breaker.TryEnter(_now, out var permit, out _);
        _breaker.Succeeded(permit, _now);
    }

    [Benchmark]
    public void QueuePass()
    {
        _queue.Enter(_entry, _now);
        _queue.Exit();
    }

    [Benchmark]
    public void QueueWaitAndGrant()
    {
        _full.Enter(_entry, _now);
        _full.Exit();
    }

    [Benchmark]
    public TimeSpan? QuantileRecordAndRead()
    {
        _quantile.Record(TimeSpan.FromMilliseconds(1));
        return _quantile.Read(_now);
    }

    [Benchmark(Baseline = true)]
    public void GuardOff() => Pass(_off);

    [Benchmark]
    public void GuardAllOn() => Pass(_allOn);

    /// <summary>As an engine does it, with one reading of the clock at the start, one at the answer.</summary>
    private void Pass(ServiceGuard? guard)
    {
        if (guard is null)
        {
            return;
        }
        var now = TimeProvider.System.GetTimestamp();
        guard.RateLimit?.TryAcquire(s_client, now, out _);
        var admission = default(Admission);
        guard.Arrive(ref admission, _entry, now, out _);
        admission.End(LeaseOutcome.Succeeded, TimeProvider.System.GetTimestamp());
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
