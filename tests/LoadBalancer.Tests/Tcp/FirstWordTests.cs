using LoadBalancer.Core.Health.Orders;
using LoadBalancer.Core.Model;
using LoadBalancer.Observability;
using LoadBalancer.Tcp;
using LoadBalancer.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Tests.Tcp;

public sealed class FirstWordTests : IDisposable
{
    private static readonly Observation s_one = new Observation.Seen([new ObservedEndpoint { Id = EndpointId.OfAddress("10.0.0.1", 80), Host = "10.0.0.1", Port = 80 }]);

    private readonly FakeTimeProvider _time = new();
    private readonly Catalog _catalog;
    private readonly FirstWord _firstWord;
    private readonly long _began;

    public FirstWordTests()
    {
        _catalog = new Catalog(new CatalogOptions(), new CatalogLog(NullLogger<CatalogLog>.Instance), new SteadyProbe(), _time, 1);
        _firstWord = new FirstWord(_catalog, _time);
        _began = _time.GetTimestamp();
    }

    public void Dispose() => _catalog.Dispose();

    [Fact]
    public void AConnectionWaitsForTheSourceToSpeak()
    {
        var feed = _catalog.Open("consul", []);
        Assert.False(TryFind(out _));

        feed.Observe("db", s_one);

        Assert.True(TryFind(out var service));
        Assert.Equal("db", service?.Name);
    }

    [Fact]
    public void AnOrderAloneIsNoWordOfASource()
    {
        var feed = _catalog.Open("consul", []);
        _catalog.Order("db", [new EndpointId("n", "a")], new OperatorOrder(OrderState.Drain, null, default));
        Assert.False(TryFind(out _));

        feed.Observe("db", s_one);

        Assert.True(TryFind(out var service));
        Assert.Single(service!.Snapshot.Endpoints);
    }

    [Fact]
    public void TheWaitIsBounded()
    {
        _catalog.Open("consul", []);
        _time.Advance(FirstWord.Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(TryFind(out _));

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(TryFind(out var service));
        Assert.Null(service);
    }

    [Fact]
    public void WhenAllHaveSpokenAnUnknownNameIsWaitedForOnlyAfterANewConfiguration()
    {
        _catalog.Open("static", []).Complete();
        _time.Advance(FirstWord.Patience);
        Assert.True(_firstWord.TryFind("db", _time.GetTimestamp(), out _));

        _firstWord.Expect();
        var since = _time.GetTimestamp();
        Assert.False(_firstWord.TryFind("db", since, out _));
        _time.Advance(FirstWord.Patience);
        Assert.True(_firstWord.TryFind("db", since, out var service));
        Assert.Null(service);
    }

    [Fact]
    public void WhatIsKnownIsFoundAtOnceAlsoWhenItIsEmpty()
    {
        var feed = _catalog.Open("consul", []);
        feed.Observe("db", new Observation.Seen([]));
        Assert.True(TryFind(out _));
    }

    /// <summary>For a connection that has waited since the test began.</summary>
    private bool TryFind(out Service? service) => _firstWord.TryFind("db", _began, out service);
}
