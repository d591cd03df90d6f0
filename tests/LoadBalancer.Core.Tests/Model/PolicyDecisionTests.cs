using System.Collections.Immutable;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Model.Meta;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Model;

/// <summary>Whose meta decides the policy. Here a registration asks for retries: "lb-retries=3"; "lb-retries=x" is wrong.</summary>
public sealed class PolicyDecisionTests : IDisposable
{
    private static readonly ServicePolicy s_configured = new() { Retry = new() { Attempts = 1 }, Guard = new GuardOptions { RateLimit = new RateLimitOptions { Rate = 5 } } };

    private readonly List<string> _read = [];
    private readonly TestCatalog _world;
    private readonly ISourceFeed _feed;

    public PolicyDecisionTests()
    {
        _world = new TestCatalog(Options());
        _feed = _world.Open();
    }

    private ServiceSnapshot Api => _world["api"].Snapshot;

    [Fact]
    public void TheNewestRegistrationDecides()
    {
        See(Asking("a", 7, "2"), Asking("b", 9, "3"), Asking("c", 8, "2"));

        Assert.Equal((3, "n/b"), (Api.Policy.Retry.Attempts, Api.PolicyFrom.ToString()));
        Assert.Equal(["n/c and 1 more: asks for lb-retries=2; a newer registration that asks for something else is in force"], Problems());

        // The same instance registers again with something else.
        See(Asking("a", 10, "4"), Asking("b", 9, "3"), Asking("c", 8, "2"));
        Assert.Equal((4, "n/a"), (Api.Policy.Retry.Attempts, Api.PolicyFrom.ToString()));
    }

    [Fact]
    public void TheNewestThatCanBeReadDecides()
    {
        See(Asking("a", 7, "2"), Asking("b", 9, "x"));

        Assert.Equal((2, "n/a"), (Api.Policy.Retry.Attempts, Api.PolicyFrom.ToString()));
        Assert.Equal(["n/b: lb-retries: not a number"], Problems());
    }

    [Fact]
    public void WhenNoneCanBeReadTheConfigurationDecides()
    {
        See(Asking("a", 7, "y"), Asking("b", 9, "x"));

        Assert.Same(s_configured, Api.Policy);
        Assert.Null(Api.PolicyFrom);
        Assert.Equal(["n/b: lb-retries: not a number", "n/a: lb-retries: not a number"], Problems());
    }

    [Fact]
    public void ANewRegistrationThatAsksForNothingEndsIt()
    {
        See(Asking("a", 7, "2"), Asking("b", 9, null));

        Assert.Same(s_configured, Api.Policy);
        Assert.Null(Api.PolicyFrom);
        Assert.Equal(["n/a: asks for lb-retries=2; a newer registration that asks for something else is in force"], Problems());
    }

    [Fact]
    public void OtherWordsForTheSamePolicyAreNoDisagreement()
    {
        See(Asking("a", 7, " 2"), Asking("b", 9, "2"), Asking("c", 8, null) with { Meta = Meta(("version", "7")) });

        Assert.Equal(["n/c: asks for nothing; a newer registration that asks for something else is in force"], Problems());
    }

    [Fact]
    public void WithoutAnOrderTheFirstByIdentityDecides()
    {
        See(Asking("b", 0, "3"), Asking("a", 0, "2"));

        Assert.Equal((2, "n/a"), (Api.Policy.Retry.Attempts, Api.PolicyFrom.ToString()));
    }

    [Fact]
    public void ABadValueOfOneServiceIsNoMatterToAnother()
    {
        See(Asking("a", 7, "x"));
        _feed.Observe("web", TestCatalog.Seen(Asking("w", 8, "2")));

        Assert.Equal(2, _world["web"].Snapshot.Policy.Retry.Attempts);
        Assert.Empty(_world["web"].Snapshot.PolicyProblems);
    }

    [Fact]
    public void WhatIsReadOnceIsNotReadAgain()
    {
        See(Asking("a", 7, "2"), Asking("b", 9, "3"));
        var policy = Api.Policy;
        Assert.Equal(2, _read.Count);

        // Health, an ejection, and a roll-out of the same settings under other names.
        See(Asking("a", 7, "2"), Asking("b", 9, "3") with { State = SourceState.Critical });
        TestCatalog.Fail(Api.Endpoints[0].Endpoint);
        See(Asking("a", 7, "2"), Asking("c", 10, "3"));
        Assert.Equal(2, _read.Count);
        Assert.Same(policy, Api.Policy);
        Assert.Equal("n/c", Api.PolicyFrom.ToString());

        _world.Catalog.Reconfigure(Options());
        Assert.Equal(4, _read.Count);
    }

    [Fact]
    public void ARegistrationThatOnlyGrewNewerDecides()
    {
        See(Asking("a", 7, "2"), Asking("b", 9, "3"));
        See(Asking("a", 10, "2"), Asking("b", 9, "3"));

        Assert.Equal(2, Api.Policy.Retry.Attempts);
    }

    [Fact]
    public void WhatTheMetaLeavesAsItWasKeepsItsState()
    {
        See(Asking("a", 7, null));
        var guard = _world["api"].Guard;
        Assert.NotNull(guard);

        See(Asking("a", 8, "2"));

        Assert.Equal(2, Api.Policy.Retry.Attempts);
        Assert.Same(guard, _world["api"].Guard);
    }

    [Fact]
    public void HeldEndpointsHaveTheirSay()
    {
        See(Asking("a", 7, "2"), Asking("b", 9, "3"));
        _feed.Observe("api", TestCatalog.Seen(Asking("a", 7, "2")) with { Doubt = "no known leader" });
        Assert.Equal(3, Api.Policy.Retry.Attempts);

        _world.Pass(61);
        Assert.Equal(2, Api.Policy.Retry.Attempts);
    }

    [Fact]
    public void TheStateFileHasTheSamePolicy()
    {
        using var world = new TestCatalog(Options());
        world.Open(saved: ("api", [Asking("a", 7, "2"), Asking("b", 9, "3")]));
        world.Catalog.RestoreSilentSources();

        Assert.Equal((3, true), (world["api"].Snapshot.Policy.Retry.Attempts, world["api"].Snapshot.IsStale));
    }

    [Fact]
    public void WithoutAReaderMetaIsOnlyMeta()
    {
        _world.Catalog.Reconfigure(Options() with { ReadMeta = null });
        See(Asking("a", 7, "x"));

        Assert.Same(s_configured, Api.Policy);
        Assert.Empty(Api.PolicyProblems);
    }

    [Fact]
    public void AChangeIsToldOnce()
    {
        See(Asking("a", 7, "2"));
        Assert.Equal(["api policy from a"], Told());

        // Another instance with the same settings, one of the old that leaves, a verdict on health: nothing new.
        See(Asking("a", 7, "2"), Asking("b", 8, "2"));
        See(Asking("b", 8, "2") with { State = SourceState.Critical });
        Assert.Empty(Told());

        See(Asking("b", 8, "2"), Asking("c", 9, "x"));
        Assert.Equal(["api policy from b; n/c: lb-retries: not a number"], Told());
        See(Asking("b", 8, "2"), Asking("c", 9, "x"), Asking("d", 10, "x"));
        Assert.Empty(Told());
        See(Asking("b", 8, "2"));
        Assert.Equal(["api policy from b"], Told());
        See(Asking("b", 9, null));
        Assert.Equal(["api policy from configuration"], Told());
    }

    [Fact]
    public void OfVeryManyProblemsAFewAreShown()
    {
        See([.. Enumerable.Range(0, 500).Select(i => Asking($"e{i:D3}", (ulong)i, i == 100 ? "2" : $"wrong {i}"))]);

        Assert.Equal((2, "n/e100"), (Api.Policy.Retry.Attempts, Api.PolicyFrom.ToString()));
        Assert.Equal(PolicyDecision.MaxProblems + 1, Api.PolicyProblems.Length);
        Assert.Equal("n/e483 and 483 more: not shown, there are too many problems", Api.PolicyProblems[^1].ToString());
    }

    [Theory]
    [InlineData("lb-balance", true)]
    [InlineData("lb.balance", true)]
    [InlineData("LB_BALANCE", true)]
    [InlineData("lb-", true)]
    [InlineData("lb", false)]
    [InlineData("lbx", false)]
    [InlineData("x-lb-balance", false)]
    public void OnlyKeysWithThePrefixAreSettings(string key, bool isSetting) =>
        Assert.Equal(isSetting, !MetaSettings.Of(Meta((key, "v"), ("other", "v"))).IsEmpty);

    public void Dispose() => _world.Dispose();

    private static ImmutableDictionary<string, string> Meta(params (string Key, string Value)[] pairs) =>
        pairs.ToImmutableDictionary(static pair => pair.Key, static pair => pair.Value);

    private static ObservedEndpoint Asking(string id, ulong registered, string? retries) =>
        TestCatalog.Up(id) with { Registered = registered, Meta = retries is null ? Meta() : Meta(("lb-retries", retries), ("team", "a")) };

    private void See(params ReadOnlySpan<ObservedEndpoint> endpoints) => _feed.Observe("api", TestCatalog.Seen(endpoints));

    private IEnumerable<string> Problems() => Api.PolicyProblems.Select(static problem => problem.ToString());

    private IEnumerable<string> Told() => _world.Observer.Take().Where(static line => line.Contains(" policy ", StringComparison.Ordinal));

    private CatalogOptions Options() => new()
    {
        PolicyFor = static _ => s_configured,
        ReadMeta = (_, settings) =>
        {
            var value = Assert.Single(settings.Pairs).Value;
            _read.Add(value);
            return int.TryParse(value, out var retries)
                ? new MetaReading(s_configured with { Retry = new() { Attempts = retries } }, [])
                : new MetaReading(null, ["lb-retries: not a number"]);
        },
    };
}
