using System.Net;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;
using LoadBalancer.Observability;
using LoadBalancer.Tcp;
using LoadBalancer.Tcp.Tls;
using LoadBalancer.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Tests.Tcp.Tls;

public sealed class ServerNameRouterTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Catalog _catalog;
    private readonly ServerNameRouter _router;
    private readonly long _began;

    public ServerNameRouterTests()
    {
        _catalog = new Catalog(new CatalogOptions(), new CatalogLog(NullLogger<CatalogLog>.Instance), new SteadyProbe(), _time, 1);
        var routes = new Router([], "haproxy.service.consul", _catalog);
        _router = new ServerNameRouter(_catalog, () => routes, new FirstWord(_catalog, _time), new TcpLog(NullLogger<TcpLog>.Instance));
        _began = _time.GetTimestamp();
    }

    public void Dispose() => _catalog.Dispose();

    [Theory]
    [InlineData("db.haproxy.service.consul", "db", "")]
    [InlineData("blue.db.haproxy.service.consul", "db", "blue")]
    [InlineData("elsewhere.example.com", "otherwise", "")]
    [InlineData("", "otherwise", "")]
    public void ANameLeadsToItsServiceElseToThatOfTheListener(string name, string service, string tag)
    {
        var feed = _catalog.Open("static", []);
        feed.Observe("db", One("blue"));
        feed.Observe("otherwise", One());
        feed.Complete();

        Assert.True(_router.TryMatch(Settings("otherwise"), name, IPAddress.Loopback, _began, out var match));

        Assert.Equal((service, tag), (match.Service?.Name, match.Tag.ToString()));
    }

    [Fact]
    public void WhoComesBeforeEverySourceHasSpokenWaits()
    {
        var feed = _catalog.Open("consul", []);
        Assert.False(Ask(out _));

        feed.Observe("db", One());

        Assert.True(Ask(out var service));
        Assert.Equal("db", service);
    }

    [Fact]
    public void TheWaitIsBounded()
    {
        _catalog.Open("consul", []);
        _time.Advance(FirstWord.Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(Ask(out _));

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(Ask(out var service));
        Assert.Null(service);
    }

    [Fact]
    public void WithoutANameAndAServiceNothingMatchesAtOnce()
    {
        _catalog.Open("consul", []);

        Assert.True(_router.TryMatch(Settings(null), "", null, _began, out var match));

        Assert.False(match.IsMatch);
    }

    private bool Ask(out string? service)
    {
        var isOver = _router.TryMatch(Settings(null), "db.haproxy.service.consul", null, _began, out var match);
        service = match.Service?.Name;
        return isOver;
    }

    private static ListenerSettings Settings(string? service) => new("tls", "", BindAddress.Parse(":443"), "tls", new HandlerLog()) { Service = service };

    private static Observation.Seen One(params string[] tags) => new([new ObservedEndpoint { Id = EndpointId.OfAddress("10.0.0.1", 80), Host = "10.0.0.1", Port = 80, Tags = [.. tags] }]);
}
