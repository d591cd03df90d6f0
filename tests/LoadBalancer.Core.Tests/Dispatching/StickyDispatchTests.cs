using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Stickiness;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Dispatching;

public class StickyDispatchTests
{
    private static readonly ServicePolicy s_sticky = new() { Sticky = new StickyOptions { Cookie = "s" }, Retry = new() { Attempts = 3 } };

    [Fact]
    public void A_client_stays_where_its_cookie_says_and_gets_no_other()
    {
        using var world = TestCatalog.Of(s_sticky, Up("a"), Up("b"), Up("c"));
        var (home, token) = Visit(world, null);
        Assert.NotNull(token);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal((home, null), Visit(world, token));
        }
        var others = Enumerable.Range(0, 9).Select(_ => Visit(world, null).Endpoint).ToHashSet();
        Assert.Equal(3, others.Count);
    }

    [Theory]
    [InlineData(SourceState.Drain, 1, true)]
    [InlineData(SourceState.Passing, 0, true)]
    [InlineData(SourceState.Drain, 0, true)]
    [InlineData(SourceState.Warning, 1, true)]
    [InlineData(SourceState.Critical, 1, false)]
    [InlineData(SourceState.Critical, 0, false)]
    public void One_that_drains_keeps_its_sessions_and_gets_none_and_one_that_is_out_loses_them(SourceState state, int weight, bool keeps)
    {
        using var world = TestCatalog.Of(s_sticky, Up("a"), Up("b"));
        var (home, token) = Visit(world, null);
        world.Open().Observe("api", Seen([.. Both(home, observed => observed with { State = state, Weight = weight })]));

        var (next, renewed) = Visit(world, token);

        Assert.Equal(keeps, next == home);
        Assert.Equal(keeps, renewed is null);
        if (state != SourceState.Warning)
        {
            Assert.All(Enumerable.Range(0, 10), _ => Assert.NotEqual(home, Visit(world, null).Endpoint));
        }
        // The other end of it: gone.
        world.Open().Observe("api", Seen([.. Both(home, static _ => null)]));
        Assert.NotEqual(home, Visit(world, token).Endpoint);
    }

    [Fact]
    public void One_that_drains_and_is_ejected_is_out()
    {
        using var world = TestCatalog.Of(s_sticky, Up("a"), Up("b"));
        var (home, token) = Visit(world, null);
        world.Open().Observe("api", Seen([.. Both(home, static observed => observed with { State = SourceState.Drain })]));
        Fail(world["api"].Snapshot.Endpoints.Single(state => state.Endpoint.Id.ServiceId == home).Endpoint);

        Assert.NotEqual(home, Visit(world, token).Endpoint);
    }

    [Fact]
    public void A_connection_that_fails_moves_the_client_and_its_cookie()
    {
        using var world = TestCatalog.Of(s_sticky, Up("a"), Up("b"));
        var (home, token) = Visit(world, null);
        var dispatch = Begin(world, token);
        Assert.Equal(home, dispatch.Next()!.Id.ServiceId);
        Assert.True(dispatch.TryAgain(AttemptFailure.Connect, isRepeatable: false, world.Time));
        Assert.NotEqual(home, dispatch.Next()!.Id.ServiceId);
        Assert.NotNull(dispatch.NewToken);
        Assert.NotEqual(token, dispatch.NewToken);
    }

    [Fact]
    public void A_closed_connection_is_tried_once_more_at_the_same_endpoint_before_the_client_moves()
    {
        using var world = TestCatalog.Of(s_sticky, Up("a"), Up("b"));
        var (home, token) = Visit(world, null);
        var dispatch = Begin(world, token);
        dispatch.Next();
        Assert.True(dispatch.TryAgain(AttemptFailure.Reset, isRepeatable: true, world.Time));
        Assert.Equal(home, dispatch.Next()!.Id.ServiceId);
        Assert.Null(dispatch.NewToken);
        Assert.True(dispatch.TryAgain(AttemptFailure.Reset, isRepeatable: true, world.Time));
        Assert.NotEqual(home, dispatch.Next()!.Id.ServiceId);
        Assert.NotNull(dispatch.NewToken);
    }

    [Fact]
    public void An_endpoint_without_the_wanted_tag_is_not_used()
    {
        using var world = TestCatalog.Of(s_sticky, Up("a", tags: "v1"), Up("b", tags: "v2"));
        var token = Visit(world, null, "v1").Token;
        Assert.Equal(("a", null), Visit(world, token, "V1"));
        Assert.Equal(("a", null), Visit(world, token, ""));
        Assert.Equal("b", Visit(world, token, "v2").Endpoint);
        var nobody = Begin(world, token, "v3");
        Assert.Null(nobody.Next());
    }

    [Fact]
    public void The_last_endpoint_keeps_its_sessions_while_it_drains()
    {
        using var world = TestCatalog.Of(s_sticky, Up("a"));
        var token = Visit(world, null).Token;
        world.Open().Observe("api", Seen(Up("a", state: SourceState.Drain)));
        Assert.Equal(("a", null), Visit(world, token));
        Assert.Null(Begin(world, null).Next());
    }

    [Fact]
    public void Without_stickiness_a_token_means_nothing()
    {
        using var world = TestCatalog.Of(new ServicePolicy(), Up("a"), Up("b"));
        var dispatch = Begin(world, 42);
        Assert.NotNull(dispatch.Next());
        Assert.Null(dispatch.NewToken);
    }

    /// <summary>Both endpoints, the one of this id changed, or left out.</summary>
    private static IEnumerable<ObservedEndpoint> Both(string id, Func<ObservedEndpoint, ObservedEndpoint?> change) =>
        new[] { Up("a"), Up("b") }.Select(observed => observed.Id.ServiceId == id ? change(observed) : observed).OfType<ObservedEndpoint>();

    /// <summary>One request that succeeds: the endpoint, and the token that the client gets.</summary>
    private static (string Endpoint, ulong? Token) Visit(TestCatalog world, ulong? token, string tag = "")
    {
        var dispatch = Begin(world, token, tag);
        var id = dispatch.Next()!.Id.ServiceId;
        var given = dispatch.NewToken;
        dispatch.End(LeaseOutcome.Succeeded);
        return (id, given);
    }

    private static Dispatch Begin(TestCatalog world, ulong? token, string tag = "")
    {
        var dispatch = new Dispatch();
        dispatch.Begin(world["api"], tag, world.Time.GetTimestamp());
        dispatch.Token = token;
        return dispatch;
    }
}
