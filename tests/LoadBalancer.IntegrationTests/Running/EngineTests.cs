using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Running;

/// <summary>What the reactor says that it does it does itself: nothing here is left to Kestrel.</summary>
public sealed class EngineTests(EngineTests.Fixture fixture) : IClassFixture<EngineTests.Fixture>
{
    private LbProcess Lb => fixture.Lb;

    public static TheoryData<string> Policies => ["{}", .. Fixture.Policies];

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task Requests_under_every_policy_stay_on_the_reactor(string policy)
    {
        Assert.SkipWhen(Engine.IsKestrel, "this is about the reactor");
        var host = Fixture.NameOf(policy) + ".haproxy.service.consul";
        await using var endpoint = new RawEndpoint();
        await Lb.UseAsync(Fixture.NameOf(policy), endpoint.Address);
        var before = await HandedOverAsync();

        Assert.Equal(200, (await Lb.GetAsync(host)).Status);
        Assert.Equal(200, (await Lb.AskAsync($"HEAD / HTTP/1.1\r\nHost: {host}\r\n\r\n")).Status);
        Assert.Equal(200, (await Lb.AskAsync($"GET / HTTP/1.0\r\nHost: {host}\r\nConnection: keep-alive\r\n\r\n")).Status);
        Assert.Equal(200, (await Lb.AskAsync($"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello")).Status);
        Assert.Equal(200, (await Lb.AskAsync($"PUT / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n5\r\nhello\r\n0\r\nX-End: 1\r\n\r\n")).Status);
        Assert.Equal(200, (await Lb.AskAsync($"POST / HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")).Status);

        Assert.Equal(before, await HandedOverAsync());
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("h2c, other/1.0")]
    public async Task Tunnels_stay_on_the_reactor(string protocol)
    {
        Assert.SkipWhen(Engine.IsKestrel, "this is about the reactor");
        await using var endpoint = new RawEndpoint("tunnel", async wire =>
        {
            var request = await wire.ReadRequestAsync();
            await wire.SendAsync($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {request.Field("Upgrade")}\r\n\r\n");
            await wire.SendAsync(await wire.ReadAsync(4));
        });
        await Lb.UseAsync(Fixture.NameOf("{}"), endpoint.Address);
        var before = await HandedOverAsync();
        using (var wire = await Lb.ConnectAsync())
        {
            await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {Fixture.NameOf("{}")}.haproxy.service.consul\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\nping");

            Assert.Equal(101, (await wire.ReadAnswerAsync()).Status);
            Assert.Equal("ping"u8.ToArray(), await wire.ReadAsync(4));
        }

        await Lb.WaitForIdleAsync(Fixture.NameOf("{}"));
        Assert.Equal(before, await HandedOverAsync());
    }

    [Fact]
    public async Task Requests_to_endpoints_with_a_PROXY_header_stay_on_the_reactor()
    {
        Assert.SkipWhen(Engine.IsKestrel, "this is about the reactor");
        await using var endpoint = new RawEndpoint("named", async wire =>
        {
            var header = await wire.ReadProxyHeaderAsync();
            await wire.ReadRequestAsync();
            await wire.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{header.Source!.Value.ToEndPoint().Address}");
            await wire.WaitForCloseAsync();
        });
        await Lb.UseAsync(Fixture.Named, endpoint.Address);
        var before = await HandedOverAsync();

        Assert.Equal("127.0.0.1", (await Lb.GetAsync($"{Fixture.Named}.haproxy.service.consul")).Text);

        Assert.Equal(before, await HandedOverAsync());
    }

    [Fact]
    public async Task What_is_left_to_Kestrel_is_counted()
    {
        Assert.SkipWhen(Engine.IsKestrel, "this is about the reactor");
        var before = await HandedOverAsync();

        using (var wire = await Lb.ConnectAsync())
        {
            await wire.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            // The server's SETTINGS frame (RFC 9113 section 3.4).
            await wire.ReadAsync(9);
        }

        Assert.Equal(before + 1, await HandedOverAsync());
    }

    [Fact]
    public async Task A_listener_says_which_engine_it_has()
    {
        var web = await Lb.ListenerAsync("web");

        Assert.Equal((Lb.Config.Listeners["web"]!["bind"]!.GetValue<string>(), "http", Engine.IsKestrel ? Engine.Kestrel : Engine.Reactor),
            (web.GetProperty("bind").GetString(), web.GetProperty("protocol").GetString(), web.GetProperty("engine").GetString()));
        foreach (var other in (string[])["tcp", "proxied", "tls"])
        {
            Assert.Equal(web.GetProperty("engine").GetString(), (await Lb.ListenerAsync(other)).GetProperty("engine").GetString());
        }
        using var wire = await Lb.ConnectAsync();
        await Eventually.True(async () => (await Lb.ListenerAsync("web")).GetProperty("connections").GetInt32() >= 1, "the connection is counted");
    }

    private async Task<long> HandedOverAsync() => (await Lb.ListenerAsync("web")).GetProperty("handedOver").GetInt64();

    public sealed class Fixture : LbFixture
    {
        /// <summary>One service per policy.</summary>
        public static readonly string[] Policies =
        [
            """{ "sticky": {} }""",
            """{ "endpointLimits": { "maxRequests": 5 } }""",
            """{ "limits": { "maxRequests": 5 } }""",
            """{ "timeouts": { "request": "10s", "firstByte": "5s" } }""",
            """{ "retry": { "attempts": 3, "statuses": [503] } }""",
            """{ "balance": "hash", "hashOn": "header:X-User" }""",
            """{ "rateLimit": { "rate": 1000, "burst": 100 } }""",
            """{ "outliers": { "statuses": ["5xx"] } }""",
        ];

        /// <summary>A service whose endpoints get a PROXY header.</summary>
        public const string Named = "named";

        public static string NameOf(string policy) => $"policy{Array.IndexOf(Policies, policy) + 1}";

        protected override void Configure(LbConfig config)
        {
            config.Service(NameOf("{}"), LbConfig.Loopback(Ports.Free()));
            config.Service(Named, LbConfig.Loopback(Ports.Free())).Policy(Named, """{ "sendProxyProtocol": "v2" }""");
            config.Tcp("tcp", Ports.Free(), "tcp", LbConfig.Loopback(Ports.Free()));
            config.Listener("proxied", Ports.Free(), """{ "protocol": "tcp", "service": "tcp", "proxyProtocol": "require", "trustedProxies": ["127.0.0.1"] }""");
            config.Listener("tls", Ports.Free(), """{ "protocol": "tls" }""");
            foreach (var policy in Policies)
            {
                config.Service(NameOf(policy), LbConfig.Loopback(Ports.Free())).Policy(NameOf(policy), policy);
            }
        }
    }
}
