using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Http;

/// <summary>Requests that others take while too few endpoints of their service are available.</summary>
public sealed class FallbackTests(FallbackTests.Fixture fixture) : IClassFixture<FallbackTests.Fixture>
{
    private LbProcess Lb => fixture.Lb;

    [Fact]
    public async Task Another_service_takes_over_and_hands_back()
    {
        await using var own = new RawEndpoint("own");
        await using var spare = new RawEndpoint("spare");
        Lb.Config.Service("spare", spare.Address);
        await Lb.UseAsync("one", own.Address);
        Assert.Equal("own", await AskAsync("one"));

        await Lb.UseAsync("one");
        Assert.Equal("spare", await AskAsync("one"));
        Assert.Equal("spare", (await Lb.ServiceAsync("one")).GetProperty("fallback").GetString());
        Assert.Equal("nobody", (await Lb.ServiceAsync("one")).GetProperty("fallbacks")[0].GetString());
        await Lb.Process.WaitForLineAsync("one: 0 of 0 endpoints are available, its fallbacks take over: nobody, spare");

        await Lb.UseAsync("one", own.Address);
        Assert.Equal("own", await AskAsync("one"));
        Assert.Null((await Lb.ServiceAsync("one")).GetProperty("fallback").GetString());
        await Lb.Process.WaitForLineAsync("one: 1 of 1 endpoints are available, its fallbacks are not needed any more");
    }

    [Fact]
    public async Task When_all_that_was_there_is_dead_the_fallback_serves()
    {
        await using var spare = new RawEndpoint("spare");
        var own = new RawEndpoint("own");
        Lb.Config.Service("spare-of-dead", spare.Address);
        await Lb.UseAsync("dead", own.Address);
        Assert.Equal("own", await AskAsync("dead"));
        await own.DisposeAsync();

        // The first finds out; on a slow machine it is tried again meanwhile.
        await Eventually.True(async () => (await Lb.GetAsync("dead.haproxy.service.consul")).Text == "spare", "the fallback serves");
    }

    [Fact]
    public async Task Below_the_threshold_it_takes_over_though_somebody_is_left()
    {
        await using var own = new RawEndpoint("own");
        await using var spare = new RawEndpoint("spare");
        Lb.Config.Service("spare-of-half", spare.Address);
        var out1 = $$"""{ "address": "{{LbConfig.Loopback(Ports.Free())}}", "weight": 0 }""";
        await Lb.UseAsync("half", own.Address, out1);
        Assert.Equal("own", await AskAsync("half"));

        await Lb.UseAsync("half", own.Address, out1, $$"""{ "address": "{{LbConfig.Loopback(Ports.Free())}}", "weight": 0 }""");
        Assert.Equal("spare", await AskAsync("half"));
    }

    [Fact]
    public async Task The_policy_of_the_fallback_applies()
    {
        await using var spare = new RawEndpoint("spare");
        await Lb.UseAsync("limited", spare.Address);

        Assert.Equal((200, 429), ((await Lb.GetAsync("to-limited.haproxy.service.consul")).Status, (await Lb.GetAsync("to-limited.haproxy.service.consul")).Status));
        Assert.Equal(2, (await Lb.ServiceAsync("limited")).GetProperty("requests").GetInt64());
    }

    /// <summary>The fallback asks for what the reactor leaves to Kestrel: who takes the request counts it, at both services.</summary>
    [Fact]
    public async Task A_request_counts_once_at_the_service_and_once_at_its_fallback()
    {
        await using var spare = new RawEndpoint("spare");
        await Lb.UseAsync("spare-of-counted", spare.Address);

        Assert.Equal("spare", await AskAsync("counted"));

        Assert.Equal((1, 1), (await RequestsAsync("counted"), await RequestsAsync("spare-of-counted")));

        async Task<int> RequestsAsync(string service) => (await Lb.ServiceAsync(service)).GetProperty("requests").GetInt32();
    }

    [Fact]
    public async Task Without_anybody_anywhere_it_is_503()
    {
        var answer = await Lb.GetAsync("nobody.haproxy.service.consul");

        Assert.Equal((503, "no_endpoint"), (answer.Status, answer.Field("X-Lb-Reason")));
    }

    [Fact]
    public async Task Connections_of_a_tcp_listener_fall_back_too()
    {
        await using var spare = new RawEndpoint("spare");
        await Lb.UseAsync("spare-of-tcp", spare.Address);
        using var wire = await Wire.ConnectAsync(fixture.TcpPort);

        await wire.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal("spare", (await wire.ReadAnswerAsync()).Text);
    }

    private async Task<string> AskAsync(string service)
    {
        var answer = await Lb.GetAsync($"{service}.haproxy.service.consul");
        Assert.Equal(200, answer.Status);
        return answer.Text;
    }

    public sealed class Fixture : LbFixture
    {
        public int TcpPort { get; } = Ports.Free();

        protected override void Configure(LbConfig config)
        {
            foreach (var name in (string[])["one", "nobody", "spare", "dead", "spare-of-dead", "half", "spare-of-half", "to-limited", "limited", "counted", "spare-of-counted", "spare-of-tcp", "empty"])
            {
                config.Service(name);
            }
            config.Tcp("tcp", TcpPort, "tcp");
            config.Policy("one", """{ "fallbacks": ["nobody", "spare"] }""");
            config.Policy("nobody", """{ "fallbacks": ["empty"] }""");
            config.Policy("dead", """{ "fallbacks": ["spare-of-dead"] }""");
            config.Policy("half", """{ "fallbacks": ["spare-of-half"], "fallbackBelow": 50 }""");
            config.Policy("to-limited", """{ "fallbacks": ["limited"] }""");
            config.Policy("limited", """{ "rateLimit": { "rate": 0.01 } }""");
            config.Policy("counted", """{ "fallbacks": ["spare-of-counted"] }""");
            config.Policy("spare-of-counted", """{ "retry": { "hedge": { "after": "10s" } } }""");
            config.Policy("tcp", """{ "fallbacks": ["spare-of-tcp"] }""");
        }
    }
}
