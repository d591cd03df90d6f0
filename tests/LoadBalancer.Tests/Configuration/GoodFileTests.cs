using System.Net;
using System.Text;
using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;
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
        Assert.Equal(5000, web.MaxConnections);
        Assert.Equal(TimeSpan.FromMinutes(90), options.Listeners["redis"].IdleTimeout);
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
    public void AServiceTakesWhatItDoesNotSetFromTheStarEntry()
    {
        var policyFor = Samples.Options(Samples.Full).ToCatalogOptions().PolicyFor;

        var common = new ServicePolicy { ConnectTimeout = TimeSpan.FromMilliseconds(250), Retries = 2, Protocol = UpstreamProtocol.H2c };
        Assert.Equal(common, policyFor("other"));
        Assert.Equal(common with { Balance = BalanceAlgorithm.LeastRequest, Retries = 0, Source = "static" }, policyFor("LEGACY"));
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
        Assert.Equal((2.0, 7), (policyFor("a").HashBalanceFactor, policyFor("a").MaxRequestsPerEndpoint));
        Assert.Equal((BalanceAlgorithm.First, new HashKey(HashKeyKind.Path, ""), 8), (policyFor("b").Balance, policyFor("b").HashOn, policyFor("b").MaxRequestsPerEndpoint));
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
}
