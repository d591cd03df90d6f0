using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Stickiness;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Dispatching;

/// <summary>Features that were made one by one, used by one service.</summary>
public class FeaturesTogetherTests
{
    private static readonly ServicePolicy s_both = new() { Sticky = new StickyOptions { Cookie = "s" }, EndpointLimits = new() { MaxRequests = 1, Queue = 10 } };

    [Fact]
    public void An_endpoint_that_leaves_between_the_grant_and_its_use_still_has_a_token()
    {
        using var world = TestCatalog.Of(s_both, Up("a"));
        var first = new Dispatch();
        first.Begin(world["api"], "", world.Time.GetTimestamp());
        first.Next();
        var waiter = new Waiter();
        var entry = new EndpointEntry(waiter);
        var second = new Dispatch();
        second.Begin(world["api"], "", world.Time.GetTimestamp());
        Assert.Null(second.Next());
        Assert.Equal(QueueAnswer.Waiting, second.Wait(entry, world.Time.GetTimestamp()));
        first.End(LeaseOutcome.Succeeded);
        Assert.True(waiter.IsGranted);
        world.Open().Observe("api", Seen("b"));

        Assert.Equal("a", second.Resume(entry, granted: true, world.Time.GetTimestamp())!.Id.ServiceId);
        Assert.NotNull(second.NewToken);
    }

    [Fact]
    public void A_tag_that_leaves_between_the_grant_and_its_use_is_no_defect()
    {
        using var world = TestCatalog.Of(s_both with { Sticky = null }, Up("a", tags: "v1"), Up("c", tags: "v2"));
        var first = new Dispatch();
        first.Begin(world["api"], "v1", world.Time.GetTimestamp());
        first.Next();
        var waiter = new Waiter();
        var entry = new EndpointEntry(waiter);
        var second = new Dispatch();
        second.Begin(world["api"], "v1", world.Time.GetTimestamp());
        Assert.Null(second.Next());
        Assert.Equal(QueueAnswer.Waiting, second.Wait(entry, world.Time.GetTimestamp()));
        first.End(LeaseOutcome.Succeeded);
        Assert.True(waiter.IsGranted);
        world.Open().Observe("api", Seen(Up("c", tags: "v2")));

        Assert.Equal("a", second.Resume(entry, granted: true, world.Time.GetTimestamp())!.Id.ServiceId);
        second.TryAgain(AttemptFailure.Reset, isRepeatable: true, world.Time);
    }

    [Fact]
    public void A_session_is_not_hedged()
    {
        using var world = TestCatalog.Of(new ServicePolicy { Sticky = new StickyOptions { Cookie = "s" }, Retry = new() { Hedge = new() { After = TimeSpan.FromSeconds(1) } } }, Up("a"), Up("b"));
        var first = new Dispatch();
        first.Begin(world["api"], "", world.Time.GetTimestamp());
        first.Next();
        var token = first.NewToken;
        Assert.NotNull(first.TryHedge(world.Time));
        var second = new Dispatch();
        second.Begin(world["api"], "", world.Time.GetTimestamp());
        second.Token = token;
        second.Next();
        Assert.Null(second.NewToken);
        Assert.Null(second.TryHedge(world.Time));
    }

    [Theory]
    [InlineData(PanicAction.FailFast)]
    [InlineData(PanicAction.Spread)]
    public void A_service_that_refuses_everybody_falls_back(PanicAction panic)
    {
        using var world = new TestCatalog(new CatalogOptions
        {
            PolicyFor = name => name == "api" ? new ServicePolicy { Fallback = new FallbackPolicy(["sorry"], 0), PanicThreshold = 50, Panic = panic } : ServicePolicy.Default,
            Kept = ["api"],
            HoldFor = TimeSpan.Zero,
        });
        world.Open().Observe("sorry", Seen("s"));
        world.Open().Observe("api", Seen([.. Ids(4).Select((id, i) => Up(id, state: i < 1 ? SourceState.Passing : SourceState.Critical))]));
        var service = world["api"];
        ReadOnlySpan<char> tag = "";
        if (service.Snapshot.FallsBack)
        {
            service = Fallbacks.Find(service, world.Catalog, ref tag);
        }
        var dispatch = new Dispatch();
        dispatch.Begin(service, "", world.Time.GetTimestamp());
        Assert.True(dispatch.Next() is not null, $"{service.Name} answers 503 {dispatch.Refusal.Reason} and the fallback has room");
    }

    private sealed class Waiter : IWaiter
    {
        public bool IsGranted { get; private set; }

        public void Granted() => IsGranted = true;

        public void Expired()
        {
        }
    }
}
