using System.Collections.Concurrent;
using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Registry.Checks;
using LoadBalancer.TestSupport;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Registry.Tests.Checks;

public sealed class ProbeLoopTests
{
    [Fact]
    public async Task The_first_run_comes_within_a_second_and_the_next_after_the_interval()
    {
        var time = new FakeTimeProvider();
        var check = new Counting();
        using var loop = new ProbeLoop(check, TimeSpan.FromMinutes(1), time, new Jitter(1), _ => { });
        loop.Start();
        Assert.Equal(0, check.Runs);
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => check.Runs == 1, "the first run");
        // The delay may be set after the advance: turn the clock in steps that a whole interval never fits into twice.
        var turned = TimeSpan.Zero;
        await Eventually.True(() =>
        {
            if (check.Runs == 1)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                turned += TimeSpan.FromSeconds(1);
            }
            return check.Runs == 2;
        }, "the second run");
        Assert.True(turned >= TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_check_that_throws_is_critical_and_goes_on()
    {
        ConcurrentQueue<CheckResult> results = [];
        using var loop = new ProbeLoop(new Throwing(), TimeSpan.FromMilliseconds(1), TimeProvider.System, new Jitter(1), results.Enqueue);
        loop.Start();
        await Eventually.True(() => results.Count >= 2, "two results");
        Assert.All(results, result => Assert.Equal(new CheckResult(CheckStatus.Critical, "broken"), result));
    }

    [Fact]
    public void A_stopped_loop_runs_nothing()
    {
        var check = new Counting();
        var time = new FakeTimeProvider();
        var loop = new ProbeLoop(check, TimeSpan.FromMinutes(1), time, new Jitter(1), _ => { });
        loop.Start();
        loop.Dispose();
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, check.Runs);
    }

    private sealed class Counting : IHealthCheck
    {
        private volatile int _runs;

        public int Runs => _runs;

        public Task<CheckResult> RunAsync(CancellationToken ct)
        {
            _runs++;
            return Task.FromResult(new CheckResult(CheckStatus.Passing, ""));
        }
    }

    private sealed class Throwing : IHealthCheck
    {
        public Task<CheckResult> RunAsync(CancellationToken ct) => throw new InvalidOperationException("broken");
    }
}
