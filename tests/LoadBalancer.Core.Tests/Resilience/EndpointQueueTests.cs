using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Resilience;

public sealed class EndpointQueueTests : IDisposable
{
    private readonly List<LimitedRequest> _granted = [];
    private ServicePolicy _policy = new() { EndpointLimits = new() { MaxRequests = 1, Queue = 3 } };
    private readonly TestCatalog _world;
    private readonly ISourceFeed _feed;

    public EndpointQueueTests()
    {
        _world = new TestCatalog(new CatalogOptions { PolicyFor = _ => _policy });
        _feed = _world.Open();
        _feed.Observe("api", Seen("a", "b"));
    }

    private Service Service => _world["api"];

    private EndpointQueue Queue => Service.EndpointQueue!;

    public void Dispose() => _world.Dispose();

    [Fact]
    public void A_service_whose_endpoints_have_no_limit_has_no_queue()
    {
        _policy = new ServicePolicy();
        _feed.Observe("other", Seen("a"));
        Assert.Null(_world["other"].EndpointQueue);
    }

    [Theory]
    [MemberData(nameof(Algorithms.All), MemberType = typeof(Algorithms))]
    public void Every_algorithm_fills_every_endpoint_to_its_limit_and_not_beyond(BalanceAlgorithm balance)
    {
        _policy = new ServicePolicy { Balance = balance, EndpointLimits = new() { MaxRequests = 3, Queue = 0 } };
        _feed.Observe("many", Seen([.. Enumerable.Range(0, 100).Select(static i => Up($"e{i:D3}", 1 + (i % 4)))]));
        var service = _world["many"];
        for (var i = 0; i < 300; i++)
        {
            Assert.NotNull(new LimitedRequest(service, _world.Time).Ask().Endpoint);
        }
        Assert.All(service.Snapshot.Endpoints, static state => Assert.Equal((3, false), (state.Endpoint.InFlight, state.HasRoom)));
        var refused = new LimitedRequest(service, _world.Time).Ask();
        Assert.Equal((QueueAnswer.Full, "endpoints_full"), (refused.Answer, refused.Refusal.Reason));
    }

    [Theory]
    [MemberData(nameof(Algorithms.All), MemberType = typeof(Algorithms))]
    public void The_last_of_a_hundred_with_room_is_found(BalanceAlgorithm balance)
    {
        _policy = new ServicePolicy { Balance = balance, EndpointLimits = new() { MaxRequests = 1 } };
        _feed.Observe("many", Seen(Ids(100)));
        var requests = Enumerable.Range(0, 100).Select(_ => new LimitedRequest(_world["many"], _world.Time).Ask()).ToArray();
        foreach (var request in requests)
        {
            var endpoint = request.Endpoint;
            request.End();
            Assert.Same(endpoint, new LimitedRequest(_world["many"], _world.Time).Ask().Endpoint);
        }
    }

    [Fact]
    public void The_smaller_limit_holds_and_over_http2_that_of_requests()
    {
        var limits = new EndpointLimitOptions { MaxRequests = 5, MaxConnections = 3 };
        Assert.Equal(3, new ServicePolicy { EndpointLimits = limits }.MaxInFlight);
        Assert.Equal(5, new ServicePolicy { EndpointLimits = limits with { MaxConnections = 0 } }.MaxInFlight);
        Assert.Equal(3, new ServicePolicy { EndpointLimits = limits with { MaxRequests = 0 } }.MaxInFlight);
        Assert.Equal(5, new ServicePolicy { EndpointLimits = limits, Protocol = UpstreamProtocol.H2c }.MaxInFlight);
        Assert.Equal(0, new ServicePolicy().MaxInFlight);
    }

    [Fact]
    public void A_place_that_is_given_back_goes_to_who_came_first_and_nobody_passes()
    {
        var inside = Fill();
        var waiting = new[] { Ask(), Ask(), Ask() };
        var refused = Ask();
        Assert.Equal((QueueAnswer.Full, "endpoints_full", 3), (refused.Answer, refused.Refusal.Reason, Queue.Waiting));

        var freed = inside[1].Endpoint;
        inside[1].End();
        Assert.Equal([waiting[0]], _granted);
        Assert.Equal(QueueAnswer.Waiting, Ask().Answer);
        Assert.Same(freed, waiting[0].Resume());
        Assert.Equal(1, freed!.InFlight);

        waiting[0].End();
        inside[0].End();
        Assert.Equal(waiting, _granted);
        Assert.Equal(1, Queue.Waiting);
    }

    [Fact]
    public void Who_left_is_skipped_and_who_left_too_late_gives_the_place_back()
    {
        var inside = Fill();
        var waiting = new[] { Ask(), Ask(), Ask() };
        Assert.True(waiting[0].Leave());
        Assert.False(waiting[0].Leave());
        inside[0].End();
        Assert.Equal([waiting[1]], _granted);
        Assert.False(waiting[1].Leave());
        waiting[1].Resume();
        waiting[1].End();
        Assert.Equal([waiting[1], waiting[2]], _granted);
        Assert.Equal((0, 0), (waiting[0].Calls, Queue.Waiting));
    }

    [Fact]
    public void Who_waits_too_long_is_told()
    {
        Fill();
        var waiting = Ask();
        _world.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((1, 0), (waiting.Calls, Queue.Waiting));
        Assert.Null(waiting.Resume());
        Assert.Same(Refusal.QueueTimeout, waiting.Refusal);
        Assert.Empty(_granted);
    }

    [Fact]
    public void Who_cannot_use_the_place_is_skipped_and_keeps_its_turn()
    {
        _feed.Observe("api", Seen(Up("a", tags: "blue"), Up("b", tags: "green")));
        var onA = Request("blue").Ask();
        var onB = Request("green").Ask();
        var blue = Request("blue").Ask();
        var any = Request().Ask();
        Assert.Equal((QueueAnswer.Waiting, QueueAnswer.Waiting), (blue.Answer, any.Answer));

        onB.End();
        Assert.Equal([any], _granted);
        onA.End();
        Assert.Equal([any, blue], _granted);
        Assert.Equal(("a", "b"), (blue.Resume()?.Id.ServiceId, any.Resume()?.Id.ServiceId));
    }

    [Fact]
    public void Who_waits_for_what_one_does_not_need_is_passed()
    {
        _feed.Observe("api", Seen(Up("a", tags: "blue"), Up("b", tags: "green")));
        Request("blue").Ask();
        var blue = Request("BLUE").Ask();
        Assert.Equal(QueueAnswer.Waiting, blue.Answer);

        var any = Request().Ask();

        Assert.Equal((QueueAnswer.Entered, "b"), (any.Answer, any.Endpoint?.Id.ServiceId));
        Assert.Equal(1, Queue.Waiting);
    }

    [Fact]
    public void A_retry_does_not_get_what_it_has_tried_and_waits_for_another()
    {
        var first = Request().Ask();
        var tried = first.Endpoint;
        var other = Request().Ask();
        Assert.Equal(QueueAnswer.Waiting, first.FailAndAsk().Answer);
        Assert.Equal(0, tried!.InFlight);

        // It does not hold up who can use the endpoint that it has tried.
        var next = Request().Ask();
        Assert.Same(tried, next.Endpoint);

        next.End();
        Assert.Empty(_granted);
        other.End();
        Assert.Equal([first], _granted);
        Assert.NotSame(tried, first.Resume());
    }

    [Fact]
    public void Who_has_waited_before_comes_before_who_has_not()
    {
        var inside = Fill();
        var retrying = Wait(inside[0], TimeSpan.FromSeconds(4));
        var late = Ask();
        var later = Ask();
        Assert.Equal(QueueAnswer.Waiting, retrying.FailAndAsk().Answer);
        Assert.Equal([retrying, late], _granted);
        inside[1].End();
        Assert.Equal([retrying, late, retrying], _granted);
        Assert.Equal(0, later.Calls);
    }

    [Fact]
    public void All_waits_of_a_request_share_a_deadline()
    {
        var inside = Fill();
        var retrying = Wait(inside[0], TimeSpan.FromSeconds(4));
        Assert.Equal(QueueAnswer.Waiting, retrying.FailAndAsk().Answer);
        _world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, retrying.Calls);
        Assert.Null(retrying.Resume());
        Assert.Same(Refusal.QueueTimeout, retrying.Refusal);
    }

    [Fact]
    public void The_only_endpoint_is_asked_again_after_a_reset_also_when_another_got_its_place()
    {
        _feed.Observe("api", Seen("a"));
        var first = Request().Ask();
        var waiting = Ask();
        Assert.Equal(QueueAnswer.Waiting, first.FailAndAsk(AttemptFailure.Reset).Answer);
        Assert.NotNull(waiting.Resume());
        waiting.End();
        Assert.Equal("a", first.Resume()?.Id.ServiceId);
    }

    [Fact]
    public void An_endpoint_that_failed_is_not_handed_over()
    {
        var inside = Fill();
        var waiting = Ask();
        var failed = inside[0].Endpoint;
        inside[0].FailAndAsk(AttemptFailure.Connect);
        Assert.False(Service.Snapshot.Endpoints.Single(state => state.Endpoint == failed).IsAvailable);
        Assert.Empty(_granted);
        inside[1].End();
        Assert.Equal(waiting, Assert.Single(_granted));
        Assert.NotSame(failed, waiting.Resume());
    }

    [Fact]
    public void A_lower_priority_is_not_asked_because_the_first_is_full()
    {
        _feed.Observe("api", Seen(Up("a"), Up("b", priority: 1)));
        Assert.Equal("a", Request().Ask().Endpoint?.Id.ServiceId);
        Assert.Equal(QueueAnswer.Waiting, Ask().Answer);
    }

    [Fact]
    public void Endpoints_that_come_serve_those_who_wait()
    {
        Fill();
        var waiting = new[] { Ask(), Ask(), Ask() };
        _feed.Observe("api", Seen("a", "b", "c", "d"));
        Assert.Equal(waiting[..2], _granted);
        Assert.Equal(["c", "d"], waiting[..2].Select(static request => request.Resume()!.Id.ServiceId).Order());
    }

    [Fact]
    public void A_limit_that_rises_falls_or_goes_keeps_those_who_wait()
    {
        var inside = Fill();
        var waiting = new[] { Ask(), Ask(), Ask() };
        Reconfigure(new() { MaxRequests = 2, Queue = 0 });
        Assert.Equal(waiting[..2], _granted);
        Reconfigure(new() { MaxRequests = 1, Queue = 3 });
        inside[0].End();
        Assert.Equal(waiting[..2], _granted);
        Assert.Equal(1, Queue.Waiting);
        Reconfigure(new());
        Assert.Equal(waiting, _granted);
        Assert.NotNull(Request().Ask().Endpoint);
        Assert.Equal(0, Queue.Waiting);
    }

    [Fact]
    public void A_shorter_timeout_holds_for_those_who_wait()
    {
        Fill();
        var waiting = Ask();
        Reconfigure(new() { MaxRequests = 1, Queue = 3, QueueTimeout = TimeSpan.FromSeconds(1) });
        _world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, waiting.Calls);
    }

    [Fact]
    public void When_all_have_left_those_who_wait_are_told_at_once()
    {
        Fill();
        var any = Ask();
        var excluding = Ask();
        _feed.Observe("api", Nothing);
        Assert.Equal([any, excluding], _granted);
        Assert.Null(any.Resume());
        Assert.Same(Refusal.NoEndpoint, any.Refusal);
    }

    [Fact]
    public void When_those_with_the_tag_have_left_only_who_needs_it_is_told()
    {
        _feed.Observe("api", Seen(Up("a", tags: "blue"), Up("b", tags: "green")));
        Request("blue").Ask();
        Request("green").Ask();
        var blue = Request("blue").Ask();
        var any = Request().Ask();
        _feed.Observe("api", Seen(Up("b", tags: "green")));
        Assert.Equal([blue], _granted);
        Assert.Null(blue.Resume());
        Assert.Equal(0, any.Calls);
    }

    [Fact]
    public void What_has_no_limit_is_leased_as_ever()
    {
        Reconfigure(new());
        var requests = Enumerable.Range(0, 50).Select(_ => Request().Ask()).ToArray();
        Assert.All(requests, static request => Assert.NotNull(request.Endpoint));
    }

    private LimitedRequest[] Fill()
    {
        LimitedRequest[] inside = [Request().Ask(), Request().Ask()];
        Assert.All(inside, static request => Assert.NotNull(request.Endpoint));
        return inside;
    }

    private LimitedRequest Request(string tag = "") => new(Service, _world.Time, _granted, tag);

    private LimitedRequest Ask() => Request().Ask();

    /// <summary>One that has waited so long and then got the place of another.</summary>
    private LimitedRequest Wait(LimitedRequest other, TimeSpan time)
    {
        var request = Ask();
        _world.Time.Advance(time);
        other.End();
        Assert.NotNull(request.Resume());
        return request;
    }

    private void Reconfigure(EndpointLimitOptions limits)
    {
        _policy = _policy with { EndpointLimits = limits };
        _world.Catalog.Reconfigure(new CatalogOptions { PolicyFor = _ => _policy });
    }
}
