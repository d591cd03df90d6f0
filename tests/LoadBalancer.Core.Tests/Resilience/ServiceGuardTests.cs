using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Resilience;

public class ServiceGuardTests
{
    private static readonly GuardOptions s_all = new()
    {
        RateLimit = new RateLimitOptions { Rate = 10, Per = RateLimitPer.Client },
        Queue = new QueueOptions { MaxRequests = 2, Queue = 1 },
        AdaptiveLimit = new AdaptiveLimitOptions { Min = 1, Initial = 1 },
        Breaker = new CircuitBreakerOptions { MinimumRequests = 1, Probes = 1 },
    };

    private readonly SteppedClock _time = new();

    [Fact]
    public void Where_nothing_is_turned_on_there_is_none()
    {
        Assert.Null(ServiceGuard.Next(null, null, _time));
        Assert.Null(ServiceGuard.Next(null, new GuardOptions(), _time));
        Assert.Null(ServiceGuard.Next(Guard(s_all), null, _time));
    }

    [Fact]
    public void A_part_whose_options_stay_keeps_its_state()
    {
        var before = Guard(s_all);
        Assert.Same(before, ServiceGuard.Next(before, s_all with { }, _time));
        var after = ServiceGuard.Next(before, s_all with { Breaker = null, AdaptiveLimit = new AdaptiveLimitOptions() }, _time)!;
        Assert.Null(after.Breaker);
        Assert.NotSame(before.AdaptiveLimit, after.AdaptiveLimit);
        Assert.Same(before.RateLimit, after.RateLimit);
    }

    [Fact]
    public void Those_who_wait_go_on_waiting_under_new_limits()
    {
        var before = Guard(new GuardOptions { Queue = new QueueOptions { MaxRequests = 1, Queue = 1 } });
        Assert.Equal(GuardAnswer.Admitted, Arrive(before, new QueuedRequest()).Answer);
        var waiting = new QueuedRequest();
        Assert.Equal(GuardAnswer.Waiting, Arrive(before, waiting).Answer);
        Assert.Equal(GuardAnswer.QueueFull, Arrive(before, new QueuedRequest()).Answer);
        var after = ServiceGuard.Next(before, new GuardOptions { Queue = new QueueOptions { MaxRequests = 2 } }, _time)!;
        Assert.Equal((1, 2), (waiting.Grants, after.Queue!.InUse));
    }

    [Fact]
    public void A_refused_request_holds_nothing()
    {
        var guard = Guard(s_all);
        var (answer, first) = Arrive(guard, new QueuedRequest());
        Assert.Equal(GuardAnswer.Admitted, answer);
        Assert.Equal(GuardAnswer.Overloaded, Arrive(guard, new QueuedRequest()).Answer);
        Assert.Equal((1, 1), (guard.Queue!.InUse, guard.AdaptiveLimit!.InUse));
        first.End(LeaseOutcome.Failed, Now);
        Assert.Equal((0, 0), (guard.Queue.InUse, guard.AdaptiveLimit.InUse));
        Assert.Equal(GuardAnswer.BreakerOpen, Arrive(guard, new QueuedRequest()).Answer);
        Assert.Equal(0, guard.Queue.InUse);
    }

    [Fact]
    public void Who_waited_while_the_breaker_opened_is_refused_and_passes_the_place_on()
    {
        var guard = Guard(s_all with { Queue = new QueueOptions { MaxRequests = 1, Queue = 1 } });
        var (_, first) = Arrive(guard, new QueuedRequest());
        var waiting = new QueuedRequest();
        Assert.Equal(GuardAnswer.Waiting, Arrive(guard, waiting).Answer);
        first.End(LeaseOutcome.ConnectFailed, Now);
        Assert.Equal(1, waiting.Grants);
        var admission = default(Admission);
        Assert.Equal(GuardAnswer.BreakerOpen, guard.Resume(ref admission, Now, out var retryAfter));
        Assert.Equal((TimeSpan.FromSeconds(5), 0), (retryAfter, guard.Queue!.InUse));
    }

    [Fact]
    public void With_the_answer_a_request_stops_being_a_probe_but_keeps_its_place()
    {
        var guard = Guard(s_all);
        var (_, failed) = Arrive(guard, new QueuedRequest());
        failed.End(LeaseOutcome.Failed, Now);
        _time.Advance(TimeSpan.FromSeconds(5));
        var (_, probe) = Arrive(guard, new QueuedRequest());
        Assert.Equal(BreakerState.HalfOpen, guard.Breaker!.Phase.State);
        probe.Answered(LeaseOutcome.Succeeded, Now);
        Assert.Equal((BreakerState.Closed, 0, 1), (guard.Breaker.Phase.State, guard.AdaptiveLimit!.InUse, guard.Queue!.InUse));
        // What comes after the answer says nothing about the service's ability to answer.
        probe.End(LeaseOutcome.Failed, Now);
        probe.End(LeaseOutcome.Failed, Now);
        Assert.Equal((BreakerState.Closed, 0), (guard.Breaker.Phase.State, guard.Queue.InUse));
    }

    [Theory]
    [InlineData("service", false)]
    [InlineData("client", true)]
    public void The_rate_is_counted_by_what_it_is_per(string per, bool apart)
    {
        var rate = Guard(new GuardOptions { RateLimit = new RateLimitOptions { Rate = 1, Per = RateLimitPer.Parse(per) } }).RateLimit!;
        Assert.True(rate.TryAcquire(System.Net.IPAddress.Loopback, Now, out _));
        Assert.Equal(apart, rate.TryAcquire(System.Net.IPAddress.Broadcast, Now, out _));
        Assert.Equal(apart, rate.TryAcquire((System.Net.IPAddress?)null, Now, out _));
        Assert.False(rate.TryAcquire((System.Net.IPAddress?)null, Now, out _));
    }

    [Theory]
    [InlineData("service")]
    [InlineData("client")]
    [InlineData("header:X-Api.Key")]
    public void What_a_rate_is_per_is_read_as_it_is_written(string text) => Assert.Equal(text, RateLimitPer.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("Client")]
    [InlineData("header")]
    [InlineData("header:")]
    [InlineData("header:X Key")]
    [InlineData("header:X:Key")]
    [InlineData(null)]
    public void Anything_else_is_refused(string? text) => Assert.False(RateLimitPer.TryParse(text, null, out _));

    [Fact]
    public void It_lives_across_snapshots_and_goes_when_it_is_turned_off()
    {
        CatalogOptions With(GuardOptions? guard) => new() { PolicyFor = _ => new ServicePolicy { Guard = guard } };
        using var world = new TestCatalog(With(s_all));
        var feed = world.Open();
        feed.Observe("api", Seen("a"));
        var guard = world["api"].Guard;
        Assert.NotNull(guard);
        feed.Observe("api", Seen("a", "b"));
        world.Catalog.Reconfigure(With(s_all with { }));
        Assert.Same(guard, world["api"].Guard);
        world.Catalog.Reconfigure(With(null));
        Assert.Null(world["api"].Guard);
    }

    [Fact]
    public void A_whole_pass_allocates_nothing()
    {
        var guard = Guard(s_all with { RateLimit = new RateLimitOptions { Rate = 1_000_000, Burst = 1_000_000, Per = RateLimitPer.Parse("header:X-Key") } });
        var request = new QueuedRequest();
        void Pass()
        {
            var now = Now;
            Assert.True(guard.RateLimit!.TryAcquire("a customer", now, out _));
            var admission = default(Admission);
            guard.Arrive(ref admission, request.Entry, now, out _);
            admission.Answered(LeaseOutcome.Succeeded, now);
            admission.End(LeaseOutcome.Succeeded, now);
        }
        // The first rounds are the compiler's, and a collection that another test causes ends this thread's piece of the heap.
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 5000; i++)
            {
                Pass();
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    private long Now => _time.GetTimestamp();

    private ServiceGuard Guard(GuardOptions options) => ServiceGuard.Next(null, options, _time)!;

    private (GuardAnswer Answer, Admission Admission) Arrive(ServiceGuard guard, QueuedRequest request)
    {
        var admission = default(Admission);
        return (guard.Arrive(ref admission, request.Entry, Now, out _), admission);
    }
}
