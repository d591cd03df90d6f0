using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Resilience;

public class CircuitBreakerTests
{
    private readonly SteppedClock _time = new();
    private readonly CircuitBreaker _breaker;

    public CircuitBreakerTests() => _breaker = new CircuitBreaker(new CircuitBreakerOptions { MinimumRequests = 10 }, _time);

    [Fact]
    public void It_opens_when_half_of_enough_requests_failed()
    {
        Send(failures: 9);
        Assert.Equal(BreakerState.Closed, _breaker.Phase.State);
        Send(successes: 12);
        Send(failures: 2);
        Assert.Equal(BreakerState.Closed, _breaker.Phase.State);
        Send(failures: 1);
        Assert.Equal(BreakerState.Open, _breaker.Phase.State);
        Assert.Equal("12 of 24 requests failed within 10 s", _breaker.Phase.Reason);
        Assert.Equal(1, _breaker.Opened);
        Assert.False(TryEnter(out _, out var retryAfter));
        Assert.Equal(TimeSpan.FromSeconds(5), retryAfter);
    }

    [Fact]
    public void Failures_of_long_ago_do_not_count()
    {
        Send(failures: 9);
        _time.Advance(TimeSpan.FromSeconds(11));
        Send(failures: 9);
        Assert.Equal(BreakerState.Closed, _breaker.Phase.State);
    }

    [Fact]
    public void After_its_time_it_lets_a_few_probes_pass_and_closes_when_they_succeed()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        var probes = Enumerable.Range(0, 3).Select(_ => Enter()).ToList();
        Assert.Equal(BreakerState.HalfOpen, _breaker.Phase.State);
        Assert.False(TryEnter(out _, out _));
        _breaker.Succeeded(probes[0], Now);
        Assert.False(TryEnter(out _, out _));
        _breaker.Abandoned(probes[1]);
        probes[1] = Enter();
        _breaker.Succeeded(probes[1], Now);
        Assert.Equal(BreakerState.HalfOpen, _breaker.Phase.State);
        _breaker.Succeeded(probes[2], Now);
        Assert.Equal(BreakerState.Closed, _breaker.Phase.State);
        // What failed before is forgotten.
        Send(failures: 9);
        Assert.Equal(BreakerState.Closed, _breaker.Phase.State);
    }

    [Fact]
    public void Each_time_a_probe_fails_it_stays_open_for_twice_as_long_up_to_a_minute()
    {
        Open();
        foreach (var seconds in new[] { 5, 10, 20, 40, 60, 60 })
        {
            _time.Advance(TimeSpan.FromSeconds(seconds - 1));
            Assert.False(TryEnter(out _, out var retryAfter));
            Assert.Equal(TimeSpan.FromSeconds(1), retryAfter);
            _time.Advance(TimeSpan.FromSeconds(1));
            _breaker.Failed(Enter(), Now);
            Assert.Equal("a probe failed", _breaker.Phase.Reason);
        }
    }

    [Fact]
    public void It_goes_on_growing_when_it_opens_soon_after_it_closed_and_starts_over_when_it_was_closed_for_long()
    {
        Open();
        Close();
        Open();
        Assert.Equal(2, _breaker.Phase.Openings);
        _time.Advance(TimeSpan.FromSeconds(5));
        Close();
        _time.Advance(TimeSpan.FromSeconds(10));
        Open();
        Assert.Equal(1, _breaker.Phase.Openings);
    }

    [Fact]
    public void A_result_from_before_a_change_says_nothing_after_it()
    {
        var slow = Enter();
        Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        var probe = Enter();
        _breaker.Failed(slow, Now);
        _breaker.Succeeded(slow, Now);
        _breaker.Abandoned(slow);
        Assert.Equal(BreakerState.HalfOpen, _breaker.Phase.State);
        Enter();
        Enter();
        Assert.False(TryEnter(out _, out _));
        _breaker.Failed(probe, Now);
        Assert.Equal(BreakerState.Open, _breaker.Phase.State);
    }

    [Fact]
    public void On_many_threads_no_more_probes_pass_than_allowed_and_it_opens_once_each_time()
    {
        for (var round = 1; round <= 200; round++)
        {
            var now = Now;
            Parallel.For(0, 40, _ =>
            {
                if (_breaker.TryEnter(now, out var permit, out var _))
                {
                    _breaker.Failed(permit, now);
                }
            });
            Assert.Equal(round, _breaker.Opened);
            _time.Advance(TimeSpan.FromMinutes(1));
            now = Now;
            var permits = new System.Collections.Concurrent.ConcurrentBag<BreakerPermit>();
            Parallel.For(0, 20, _ =>
            {
                if (_breaker.TryEnter(now, out var permit, out var _))
                {
                    permits.Add(permit);
                }
            });
            Assert.Equal(3, permits.Count);
            Parallel.ForEach(permits, permit => _breaker.Succeeded(permit, now));
            Assert.Equal(BreakerState.Closed, _breaker.Phase.State);
        }
    }

    [Fact]
    public void Options_that_mean_nothing_are_refused()
    {
        CircuitBreakerOptions[] wrong =
        [
            new() { FailureRatio = 0 }, new() { FailureRatio = double.NaN }, new() { FailureRatio = 1.1 }, new() { MinimumRequests = 0 },
            new() { Probes = 0 }, new() { Window = TimeSpan.Zero }, new() { OpenFor = TimeSpan.Zero }, new() { OpenForMax = TimeSpan.FromSeconds(1) },
        ];
        Assert.All(wrong, options => Assert.Throws<ArgumentOutOfRangeException>(() => new CircuitBreaker(options, _time)));
    }

    private long Now => _time.GetTimestamp();

    private void Open()
    {
        Send(failures: 10);
        Assert.Equal(BreakerState.Open, _breaker.Phase.State);
    }

    private void Close()
    {
        _time.Advance(_time.GetElapsedTime(Now, _breaker.Phase.Until));
        Send(successes: 3);
        Assert.Equal(BreakerState.Closed, _breaker.Phase.State);
    }

    private void Send(int successes = 0, int failures = 0)
    {
        for (var i = 0; i < successes; i++)
        {
            _breaker.Succeeded(Enter(), Now);
        }
        for (var i = 0; i < failures; i++)
        {
            _breaker.Failed(Enter(), Now);
        }
    }

    private BreakerPermit Enter()
    {
        Assert.True(TryEnter(out var permit, out _));
        return permit;
    }

    private bool TryEnter(out BreakerPermit permit, out TimeSpan retryAfter) => _breaker.TryEnter(Now, out permit, out retryAfter);
}
