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

    public FirstWordTests()
    {
        _catalog = new Catalog(new CatalogOptions(), new CatalogLog(NullLogger<CatalogLog>.Instance), new SteadyProbe(), _time, 1);
        _firstWord = new FirstWord(_catalog, _time);
    }

    public void Dispose() => _catalog.Dispose();

    [Fact]
    public async Task AConnectionWaitsForTheSourceToSpeak()
    {
        var feed = _catalog.Open("consul", []);
        var found = FindAsync();
        Pass(TimeSpan.FromSeconds(1));
        Assert.False(found.IsCompleted);

        feed.Observe("db", s_one);
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal("db", (await found)?.Name);
    }

    [Fact]
    public async Task AnOrderAloneIsNoWordOfASource()
    {
        var feed = _catalog.Open("consul", []);
        _catalog.Order("db", [new EndpointId("n", "a")], new OperatorOrder(OrderState.Drain, null, default));
        var found = FindAsync();
        Pass(TimeSpan.FromSeconds(1));
        Assert.False(found.IsCompleted);

        feed.Observe("db", s_one);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Single((await found)!.Snapshot.Endpoints);
    }

    [Fact]
    public async Task TheWaitIsBounded()
    {
        _catalog.Open("consul", []);
        var found = FindAsync();

        Pass(FirstWord.Patience);

        Assert.Null(await found);
    }

    [Fact]
    public async Task ItEndsWhenNobodyIsToBeKeptWaiting()
    {
        _catalog.Open("consul", []);
        var isOver = false;
        var found = _firstWord.FindAsync("db", () => isOver).AsTask();
        isOver = true;

        Pass(TimeSpan.FromSeconds(1));

        Assert.Null(await found);
    }

    [Fact]
    public async Task WhenAllHaveSpokenAnUnknownNameIsWaitedForOnlyAfterANewConfiguration()
    {
        _catalog.Open("static", []).Complete();
        Pass(FirstWord.Patience);
        Assert.True(FindAsync().IsCompleted);

        _firstWord.Expect();
        var found = FindAsync();
        Assert.False(found.IsCompleted);
        Pass(FirstWord.Patience);
        Assert.Null(await found);
    }

    [Fact]
    public void WhatIsKnownIsFoundAtOnceAlsoWhenItIsEmpty()
    {
        var feed = _catalog.Open("consul", []);
        feed.Observe("db", new Observation.Seen([]));
        Assert.True(FindAsync().IsCompletedSuccessfully);
    }

    private Task<Service?> FindAsync() => _firstWord.FindAsync("db", static () => false).AsTask();

    private void Pass(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(10))
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }
    }
}
