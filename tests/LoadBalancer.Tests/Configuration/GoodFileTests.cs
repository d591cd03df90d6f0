using System.Net;
using System.Text;
using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Active;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Routing;
using LoadBalancer.Core.Stickiness;
using LoadBalancer.Discovery.Static;

namespace LoadBalancer.Tests.Configuration;

public class GoodFileTests
{
    [Fact]
    public void EverySectionIsBound()
    {
        var options = Samples.Options(Samples.Full);

        var web = options.Listeners["web"];
        Assert.Equal(new IPEndPoint(IPAddress.Any, 8080), web.Bind.EndPoint);
        Assert.True(web.TrustedProxies[0].Contains(IPAddress.Parse("10.9.9.9")));
        Assert.Equal((ListenerEngine.Kestrel, ListenerEngine.Kestrel, 5000), (web.Engine, web.EngineInUse, web.MaxConnections));
        var discovery = options.Discovery;
        Assert.Equal(["dc2"], discovery.Consul!.Datacenters);
        Assert.Equal(TimeSpan.FromSeconds(90), discovery.Consul.SilenceTimeout);
        Assert.Equal(["edge"], discovery.Consul.Register!.Tags);
        Assert.Equal("consul", discovery.Consul.Tls.ServerName);
        Assert.Equal(["billing", "mail"], discovery.Dns!.Services.Select(service => service.ServiceName));
        Assert.Equal(new StaticEndpointOptions { Address = "10.0.0.7:8080" }.Address, discovery.Static["legacy"][0].Address);
        Assert.Equal((3, 2, "b1"), (discovery.Static["legacy"][1].Weight, discovery.Static["legacy"][1].Priority, discovery.Static["legacy"][1].Meta["rack"]));
        Assert.Equal("/etc/lb/state/lb.json", discovery.StateFile);
        Assert.Null(options.Routing.Domain);
        var route = options.Routing.Routes[0].ToRoute();
        Assert.Equal(("*.example.com", "/cart/", "legacy", "v2"), (route.Host, route.Path, route.Service, route.Tag));
        Assert.Equal(["GET", "POST"], route.Methods);
        Assert.Equal([new("X-Beta", "*")], route.Headers);
        Assert.Null(options.Admin);
        Assert.Null(options.Registry!.Dns);
        Assert.True(options.Registry.AllowScripts);
        Assert.Equal(3, options.Reactor.Threads);
        Assert.False(options.Reactor.IoUring);
        Assert.Equal((LogThreshold.Debug, LogFormat.Json), (options.Log.Level, options.Log.Format));
        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10)), (options.DrainDelay, options.DrainTimeout));
    }

    [Fact]
    public void WhatIsNotGivenHasItsDefault()
    {
        var options = Samples.Options("""{ "listeners": { "web": { "bind": ":80" } }, "discovery": { "consul": {} } }""");

        Assert.Equal("haproxy.service.consul", options.Routing.Domain);
        Assert.Equal("127.0.0.1:8404", options.Admin!.Bind.ToString());
        Assert.Null(options.Registry);
        Assert.Null(options.Discovery.Dns);
        Assert.Equal("/etc/lb/lb.state.json", options.Discovery.StateFile);
        Assert.Equal(TimeSpan.FromSeconds(60), options.Discovery.HoldFor);
        Assert.Equal(TimeSpan.Zero, options.DrainDelay);
        Assert.Equal(ServicePolicy.Default, options.ToCatalogOptions().PolicyFor("anything"));
        Assert.Equal(["consul", "dns", "static"], options.ToCatalogOptions().SourceOrder);
    }

    [Fact]
    public void WithoutAnEngineItIsTheOneThatCostsLeast()
    {
        var listeners = Samples.Options("""
            {
              "listeners": {
                "web": { "bind": ":80" },
                "auto": { "bind": ":81", "engine": "auto" },
                "redis": { "bind": ":6379", "protocol": "tcp", "service": "redis" },
                "mail": { "bind": ":25", "protocol": "tcp", "service": "smtp", "proxyProtocol": "require", "trustedProxies": ["10.0.0.5"] },
                "secure": { "bind": ":443", "protocol": "tls" },
                "plain": { "bind": ":444", "protocol": "tls", "engine": "kestrel" }
              },
              "discovery": { "consul": {} }
            }
            """).Listeners;

        var fastest = OperatingSystem.IsLinux() ? ListenerEngine.Reactor : ListenerEngine.Kestrel;
        Assert.All((string[])["web", "auto", "redis", "mail", "secure"], name => Assert.Equal(fastest, listeners[name].EngineInUse));
        Assert.Equal(ListenerEngine.Kestrel, listeners["plain"].EngineInUse);
    }

    [Fact]
    public void AServiceTakesWhatItDoesNotSetFromTheStarEntry()
    {
        var policyFor = Samples.Options(Samples.Full).ToCatalogOptions().PolicyFor;

        var common = new ServicePolicy
        {
            Timeouts = new TimeoutOptions { Connect = TimeSpan.FromMilliseconds(250), Tunnel = TimeSpan.FromMinutes(90) },
            Retry = new RetryPolicy { Attempts = 2, OnConnectFailure = false, OnReset = false, OnTimeout = true, OnStatuses = new StatusSet(503) },
            Protocol = UpstreamProtocol.H2c,
        };
        Assert.Equal(common, policyFor("other"));
        Assert.Equal(common with { Balance = BalanceAlgorithm.LeastRequest, Retry = common.Retry with { Attempts = 0, Budget = null }, Source = "static" }, policyFor("LEGACY"));
    }

    [Fact]
    public void PassiveHealthIsTakenKeyByKeyFromTheStarEntry()
    {
        var policy = Samples.Options("""
            {
              "listeners": { "web": { "bind": ":80" } },
              "discovery": { "consul": {} },
              "services": {
                "*": { "slowStart": "30s", "panicThreshold": 40, "outliers": { "statuses": ["500", "502-504"], "successRate": { "margin": 5 } } },
                "api": { "panic": "spread", "outliers": { "consecutiveErrors": 0, "successRate": null, "flapping": {} } }
              }
            }
            """).ToCatalogOptions().PolicyFor("api");

        Assert.Equal((TimeSpan.FromSeconds(30), 40, PanicAction.Spread), (policy.SlowStart, policy.PanicThreshold, policy.Panic));
        Assert.Equal([new StatusRange(500, 500), new StatusRange(502, 504)], policy.Outliers.Statuses);
        Assert.Equal((0, null, new FlappingOptions()), (policy.Outliers.ConsecutiveErrors, policy.Outliers.SuccessRate, policy.Outliers.Flapping));
    }

    [Fact]
    public void TheOrderIsCompletedWithTheSourcesThatItLeavesOut() =>
        Assert.Equal(["static", "consul", "dns"], Samples.Options(Samples.Full).ToCatalogOptions().SourceOrder);

    [Fact]
    public void AByteOrderMarkAndWindowsLineEndsAreAllowed()
    {
        byte[] text = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Samples.Full.ReplaceLineEndings("\r\n"))];

        Assert.True(ConfigurationReader.Read(text, "lb.json", "/etc/lb").IsValid);
    }

    [Theory]
    [InlineData("127.0.0.1:80", "127.0.0.2:80")]
    [InlineData("0.0.0.0:80", "[::1]:80")]
    [InlineData("0.0.0.0:80", ":81")]
    [InlineData("unix:/a", "unix:/b")]
    public void AddressesThatDoNotOverlapStandSideBySide(string first, string second) =>
        Samples.Options($$"""{ "listeners": { "a": { "bind": "{{first}}" }, "b": { "bind": "{{second}}" } } }""");

    [Fact]
    public void WithConsulANameThatIsNearAFixedOneIsOnlyAWarning()
    {
        var result = Samples.Read("""
            {
              "listeners": { "web": { "bind": ":80", "service": "biling" } },
              "discovery": { "consul": {}, "static": { "billing": [] } },
              "services": { "cart": {} }
            }
            """);

        Assert.True(result.IsValid);
        Assert.Equal(["lb.json:2:53: listeners.web.service: unless Consul has a service \"biling\", \"billing\" is meant"], result.Warnings.Select(warning => warning.ToString()));
    }

    [Fact]
    public void RoutesThatDifferInAnyConditionStandSideBySide() =>
        Samples.Options("""
            {
              "listeners": { "web": { "bind": ":80" } },
              "discovery": { "consul": {} },
              "routing": { "routes": [
                { "service": "a" },
                { "host": "a.example", "service": "a" },
                { "host": "*.a.example", "service": "a" },
                { "host": "a.example", "path": "/x", "service": "a" },
                { "host": "a.example", "methods": ["GET"], "service": "a" },
                { "host": "a.example", "headers": { "X": "1" }, "service": "a" },
                { "host": "a.example", "headers": { "X": "2" }, "service": "a" },
                { "host": "a.example", "cookies": { "X": "2" }, "service": "a" },
                { "host": "a.example", "cookies": { "x": "2" }, "service": "a" },
              ] }
            }
            """);

    [Fact]
    public void BalancingIsBoundAndItsPartsAreInherited()
    {
        var options = Samples.Options("""
            {
              "listeners": { "web": { "bind": ":80" } },
              "discovery": { "consul": {} },
              "services": {
                "*": { "balance": "first", "hashOn": "cookie:session", "hashTable": "ring", "hashBalanceFactor": 2, "endpointLimits": { "maxRequests": 7 } },
                "a": { "balance": "hash", "endpointLimits": {} },
                "b": { "hashOn": "path", "endpointLimits": { "maxRequests": 8 } }
              }
            }
            """);

        var policyFor = options.ToCatalogOptions().PolicyFor;
        Assert.Equal((BalanceAlgorithm.Hash, new HashKey(HashKeyKind.Cookie, "session"), HashTableKind.Ring), (policyFor("a").Balance, policyFor("a").HashOn, policyFor("a").HashTable));
        Assert.Equal((2.0, 7), (policyFor("a").HashBalanceFactor, policyFor("a").EndpointLimits.MaxRequests));
        Assert.Equal((BalanceAlgorithm.First, new HashKey(HashKeyKind.Path, ""), 8), (policyFor("b").Balance, policyFor("b").HashOn, policyFor("b").EndpointLimits.MaxRequests));
    }

    [Fact]
    public void ARouteMaySplitItsRequests()
    {
        var route = Samples.Options("""
            {
              "listeners": { "web": { "bind": ":80" } },
              "discovery": { "consul": {} },
              "routing": { "routes": [
                { "cookies": { "beta": "*" }, "split": [{ "service": "api", "weight": 95 }, { "service": "api", "tag": "canary", "weight": 5 }], "splitOn": "cookie:session" }
              ] }
            }
            """).Routing.Routes[0].ToRoute();

        Assert.Null(route.Service);
        Assert.Equal([new("beta", "*")], route.Cookies);
        Assert.Equal([new RouteTarget("api", null, 95), new RouteTarget("api", "canary", 5)], route.Split);
        Assert.Equal(new HashKey(HashKeyKind.Cookie, "session"), route.SplitOn);
    }

    [Fact]
    public void FallbacksAreBoundAndInheritedAndKeepTheServicesThatNameThem()
    {
        var options = Samples.Options("""
            {
              "listeners": { "web": { "bind": ":80" } },
              "discovery": { "consul": { "datacenters": ["dc3"] }, "static": { "sorry": [] } },
              "services": {
                "*": { "fallbacks": ["sorry"] },
                "api": { "fallbacks": ["api@DC2", "api@dc3", "sorry"], "fallbackBelow": 30 },
                "off": { "fallbacks": [] },
                "sorry": {}
              }
            }
            """);

        var catalog = options.ToCatalogOptions();
        Assert.Equal(new FallbackPolicy(["api@DC2", "api@dc3", "sorry"], 30), catalog.PolicyFor("api").Fallback);
        Assert.Equal(new FallbackPolicy(["sorry"], 0), catalog.PolicyFor("any").Fallback);
        Assert.Null(catalog.PolicyFor("off").Fallback);
        Assert.Equal(["api", "sorry"], catalog.Kept.Order());
        Assert.Equal(["dc2"], options.FallbackDatacenters());
    }

    [Fact]
    public void StickinessIsAnObjectOrTheNameOfTheCookieAndItsPartsAreInherited()
    {
        var policyFor = Samples.Options("""
            {
              "listeners": { "web": { "bind": ":80" } },
              "discovery": { "consul": {} },
              "services": {
                "*": { "sticky": { "secret": "0123456789abcdef", "lifetime": "1h" } },
                "a": { "sticky": { "cookie": "a", "sameSite": "none", "secure": "always" } },
                "b": { "sticky": "b" },
                "c": { "sticky": null },
                "d": {}
              }
            }
            """).ToCatalogOptions().PolicyFor;

        var common = new StickyOptions { Secret = "0123456789abcdef", Lifetime = TimeSpan.FromHours(1) };
        Assert.Equal(common with { Cookie = "a", SameSite = SameSite.None, Secure = SecureCookie.Always }, policyFor("a").Sticky);
        Assert.Equal(new StickyOptions { Cookie = "b" }, policyFor("b").Sticky);
        Assert.Null(policyFor("c").Sticky);
        Assert.Equal(common, policyFor("d").Sticky);
    }

    [Theory]
    [InlineData(""" "*": { "balance": "hash", "hashOn": "header:X-User" } """, "lb.json:3:69: services.*.hashOn: the connections of the tcp listener \"redis\" have no header; they are hashed on their source")]
    [InlineData(""" "*": { "balance": "hash", "hashOn": "path" }, "Redis": { "hashOn": "source" } """, null)]
    [InlineData(""" "*": { "balance": "roundRobin", "hashOn": "path" } """, null)]
    [InlineData(""" "web": { "balance": "hash", "hashOn": "path" } """, null)]
    public void OnATcpListenerAnotherKeyThanTheSourceIsAWarning(string services, string? warning)
    {
        var result = Samples.Read($$"""
            { "listeners": { "redis": { "bind": ":6379", "protocol": "tcp", "service": "redis" } },
              "discovery": { "consul": {} },
              "services": {                {{services}} } }
            """);

        Assert.Empty(result.Errors);
        Assert.Equal(warning is null ? [] : [warning], result.Warnings.Select(found => found.ToString()));
    }

    [Fact]
    public void ProxyProtocolIsReadPerListenerAndPerService()
    {
        var options = Samples.Options("""
            {
              "listeners": {
                "web": { "bind": ":80", "proxyProtocol": "require", "trustedProxies": ["10.0.0.0/8"] },
                "tls": { "bind": "unix:/run/lb.sock", "protocol": "tls", "proxyProtocol": "require" },
                "tcp": { "bind": ":6379", "protocol": "tcp", "service": "a", "proxyProtocol": "off" }
              },
              "discovery": { "consul": {} },
              "services": { "*": { "sendProxyProtocol": "v2" }, "a": { "sendProxyProtocol": "v1" }, "b": { "sendProxyProtocol": "off" } }
            }
            """);

        Assert.Equal([ListenerProxyProtocol.Require, ListenerProxyProtocol.Require, ListenerProxyProtocol.Off], options.Listeners.Values.Select(static one => one.ProxyProtocol));
        var policyFor = options.ToCatalogOptions().PolicyFor;
        Assert.Equal((ProxyProtocolVersion.V1, ProxyProtocolVersion.Off, ProxyProtocolVersion.V2), (policyFor("a").SendProxyProtocol, policyFor("b").SendProxyProtocol, policyFor("c").SendProxyProtocol));
    }

    [Theory]
    [InlineData("tls", """ "path": "/cart" """, "lb.json:3:55: routing.routes[0].path: never matches: a tls listener sees the server name and nothing of the requests, and there is no http listener")]
    [InlineData("tls", """ "headers": { "X-Beta": "*" } """, "lb.json:3:58: routing.routes[0].headers: never matches: a tls listener sees the server name and nothing of the requests, and there is no http listener")]
    [InlineData("tls", """ "mirror": { "service": "b" } """, "lb.json:3:57: routing.routes[0].mirror: copies nothing: a tls listener sees no requests, and there is no http listener")]
    [InlineData("tls", """ "path": "/" """, null)]
    [InlineData("http", """ "path": "/cart" """, null)]
    public void ARouteThatNoListenerCanMatchIsAWarning(string protocol, string demand, string? warning)
    {
        var result = Samples.Read($$"""
            { "listeners": { "in": { "bind": ":443", "protocol": "{{protocol}}" } },
              "discovery": { "consul": {} },
              "routing": { "routes": [ { "service": "a", {{demand}} } ] } }
            """);

        Assert.Empty(result.Errors);
        Assert.Equal(warning is null ? [] : [warning], result.Warnings.Select(found => found.ToString()));
    }

    [Fact]
    public void AChecksPartsAreInheritedAndItCanBeTurnedOff()
    {
        var options = Samples.Options("""
            {
              "listeners": { "web": { "bind": ":80" } },
              "discovery": { "consul": {} },
              "services": {
                "*": { "check": { "type": "http", "path": "/health?full=1", "statuses": ["200", "300-399"], "interval": "2s", "fall": 2 } },
                "a": { "check": { "port": 81, "bodyContains": "ok" } },
                "b": { "check": { "type": "command", "command": ["check", "-v"], "initial": "down" } },
                "c": { "check": null }
              }
            }
            """);

        var policyFor = options.ToCatalogOptions().PolicyFor;
        var (other, a, b) = (policyFor("other").Check!, policyFor("a").Check!, policyFor("b").Check!);
        Assert.Equal((ActiveCheckType.Http, "/health?full=1", 2, 2), (other.Type, other.Path, other.Fall, other.Rise));
        Assert.Equal([new StatusRange(200, 200), new StatusRange(300, 399)], other.Statuses);
        Assert.Equal((ActiveCheckType.Http, "/health?full=1", 81, "ok"), (a.Type, a.Path, a.Port, a.BodyContains));
        Assert.Equal((ActiveCheckType.Command, InitialVerdict.Down, TimeSpan.FromSeconds(2)), (b.Type, b.Initial, b.Interval));
        Assert.Equal(["check", "-v"], b.Command);
        Assert.Null(policyFor("c").Check);
    }

    [Theory]
    [InlineData(""" "interval": "1s", "timeout": "3s" """, "lb.json:3:82: services.api.check.timeout: is longer than the interval; checks of an endpoint do not overlap, so one that does not answer is checked less often")]
    [InlineData(""" "interval": "1s" """, null)]
    public void ATimeoutLongerThanTheIntervalIsAWarning(string check, string? warning)
    {
        var result = Samples.Read($$"""
            { "listeners": { "web": { "bind": ":80" } },
              "discovery": { "consul": {} },
              "services": { "api": { "check": { "type": "tcp", {{check}} } } } }
            """);

        Assert.Empty(result.Errors);
        Assert.Equal(warning is null ? [] : [warning], result.Warnings.Select(found => found.ToString()));
    }

    [Theory]
    [InlineData("""{ "maxConnections": 5 }""", true)]
    [InlineData("""{ "maxConnections": 5, "maxRequests": 50 }""", false)]
    [InlineData("""{ "maxRequests": 50, "queue": 0, "queueTimeout": "250ms" }""", false)]
    public void ALimitOfConnectionsThatRequestsShareIsAWarning(string limits, bool isWarning)
    {
        var result = Samples.Read($$"""
            { "listeners": { "web": { "bind": ":80" } }, "discovery": { "consul": {} },
              "services": { "api": { "protocol": "h2c", "endpointLimits": {{limits}} } } }
            """);

        Assert.Empty(result.Errors);
        Assert.Equal(
            isWarning ? ["lb.json:2:83: services.api.endpointLimits.maxConnections: the requests of an h2c service share connections; set maxRequests to limit them"] : [],
            result.Warnings.Select(static found => found.ToString()));
    }
}
