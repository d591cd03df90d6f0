using LoadBalancer.IntegrationTests.Harness;
using LoadBalancer.Reactor;

namespace LoadBalancer.IntegrationTests.Prefaces;

/// <summary>A balancer whose listeners require PROXY headers, over both engines.</summary>
public sealed class ProxyFixture : LbFixture
{
    /// <summary>The listeners that trust the test: "kestrel", "reactor" and "tcp"; "stranger", which does not; and "plainTcp", which takes no header.</summary>
    public IReadOnlyDictionary<string, int> Ports { get; } = new[] { "kestrel", "reactor", "tcp", "plainTcp", "tcpStranger", "stranger", "reactorStranger" }.ToDictionary(static name => name, static _ => TestSupport.Ports.Free());

    protected override void Configure(LbConfig config)
    {
        const string Trusting = """ "proxyProtocol": "require", "trustedProxies": ["127.0.0.0/8"] """;
        config.Listener("kestrel", Ports["kestrel"], $$"""{ "engine": "kestrel", {{Trusting}} }""");
        config.Listener("stranger", Ports["stranger"], """{ "proxyProtocol": "require", "trustedProxies": ["192.0.2.0/24"] }""");
        if (ReactorLoops.IsSupported)
        {
            config.Listener("reactor", Ports["reactor"], $$"""{ "engine": "reactor", {{Trusting}} }""");
            config.Listener("reactorStranger", Ports["reactorStranger"], """{ "engine": "reactor", "proxyProtocol": "require", "trustedProxies": ["192.0.2.0/24"] }""");
        }
        config.Listener("tcp", Ports["tcp"], $$"""{ "protocol": "tcp", "service": "tcp", {{Trusting}} }""");
        config.Listener("plainTcp", Ports["plainTcp"], """{ "protocol": "tcp", "service": "tcp" }""");
        config.Listener("tcpStranger", Ports["tcpStranger"], """{ "protocol": "tcp", "service": "tcp", "proxyProtocol": "require", "trustedProxies": ["192.0.2.0/24"] }""");
        foreach (var service in (string[])["tcp", "sticky", "limited", "v1", "v2", "h2c", "checked", "copied"])
        {
            config.Service(service, LbConfig.Loopback(TestSupport.Ports.Free()));
        }
        config.Policy("sticky", """{ "sticky": {} }""");
        config.Policy("limited", """{ "rateLimit": { "rate": 0.001, "burst": 1, "per": "client" } }""");
        config.Policy("v1", """{ "sendProxyProtocol": "v1" }""");
        config.Policy("v2", """{ "sendProxyProtocol": "v2" }""");
        config.Policy("h2c", """{ "sendProxyProtocol": "v2", "protocol": "h2c" }""");
        config.Policy("checked", """{ "sendProxyProtocol": "v2", "check": { "type": "http", "initial": "down", "interval": "200ms" } }""");
        config.Route("""{ "host": "copied.example.com", "service": "api", "mirror": { "service": "v2" } }""");
    }

    /// <summary>The port of an engine's listener; skips the test where there is no such engine.</summary>
    public int PortOf(string listener)
    {
        Assert.SkipUnless(ReactorLoops.IsSupported || !listener.StartsWith("reactor", StringComparison.Ordinal), "the reactor runs on Linux only");
        return Ports[listener];
    }
}
