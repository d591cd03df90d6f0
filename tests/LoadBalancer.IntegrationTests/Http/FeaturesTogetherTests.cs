using LoadBalancer.IntegrationTests.Harness;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace LoadBalancer.IntegrationTests.Http;

/// <summary>Features that were made one by one, used by one request.</summary>
public sealed class FeaturesTogetherTests(FeaturesTogetherTests.Fixture fixture) : IClassFixture<FeaturesTogetherTests.Fixture>
{
    private LbProcess Lb => fixture.Lb;

    /// <summary>The endpoint ends the first attempt in the middle of the upload: the rest comes from the client, once, and is copied once.</summary>
    [Theory]
    [InlineData("plain")]
    [InlineData("copied")]
    public async Task An_interrupted_upload_goes_on_at_another_endpoint_mirrored_or_not(string service)
    {
        Assert.SkipUnless(Engine.IsKestrel, "HTTP/2 is spoken by the kestrel engine");
        await using var interrupting = await KestrelEndpoint.StartAsync(
            static async context =>
            {
                await context.Request.Body.ReadExactlyAsync(new byte[5]);
                context.Abort();
            },
            HttpProtocols.Http2);
        var received = "";
        await using var alive = await KestrelEndpoint.StartAsync(
            async context =>
            {
                using var reader = new StreamReader(context.Request.Body);
                received = await reader.ReadToEndAsync();
            },
            HttpProtocols.Http2);
        await using var mirror = new RawEndpoint("mirror");
        Lb.Config.Service(service + "-mirror", mirror.Address);
        await Lb.UseAsync(service, interrupting.Address, $$"""{ "address": "{{alive.Address}}", "priority": 1 }""");
        using var wire = await Lb.ConnectAsync();
        await wire.SendAsync($"PUT /x HTTP/1.1\r\nHost: {service}.example.com\r\nContent-Length: 10\r\n\r\nhello");
        await Eventually.True(async () => (await Lb.EndpointAsync(service, alive.Address)).GetProperty("inFlight").GetInt32() == 1, "the other endpoint is asked");
        await wire.SendAsync("world");

        Assert.Equal(200, (await wire.ReadAnswerAsync()).Status);
        Assert.Equal("helloworld", received);
        if (service == "copied")
        {
            await Eventually.True(() => mirror.Requests.Count == 1, "the copy has come");
            Assert.Equal("helloworld", mirror.Requests.Single().Text);
        }
    }

    [Fact]
    public async Task A_wait_for_an_endpoint_is_no_longer_than_the_request_may_take()
    {
        await using var slow = new RawEndpoint("slow", static async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            await wire.WaitForCloseAsync();
        });
        await Lb.UseAsync("held", slow.Address);
        using var tunnel = await Lb.ConnectAsync();
        await tunnel.SendAsync("GET / HTTP/1.1\r\nHost: held.haproxy.service.consul\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        Assert.Equal(101, (await tunnel.ReadAnswerAsync()).Status);

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Lb.GetAsync("held.haproxy.service.consul")));
        // Still taken, so that it was not the place that ended the wait.
        Assert.Equal(1, (await Lb.EndpointAsync("held", slow.Address)).GetProperty("inFlight").GetInt32());
        Assert.All(answers, static answer => Assert.Equal((504, "request_timeout"), (answer.Status, answer.Field("X-Lb-Reason"))));
    }

    /// <summary>Sessions stay at what drains, also where others stand in for the rest.</summary>
    [Fact]
    public async Task A_service_that_drains_as_a_whole_keeps_its_sessions_beside_its_fallback()
    {
        await using var home = new RawEndpoint("home");
        await using var other = new RawEndpoint("other");
        Lb.Config.Service("spare", other.Address);
        await Lb.UseAsync("session", home.Address);
        var first = await Lb.GetAsync("session.haproxy.service.consul");
        Assert.Equal("home", first.Text);
        await Lb.UseAsync("session", $$"""{ "address": "{{home.Address}}", "weight": 0 }""");

        Assert.Equal("other", (await Lb.GetAsync("session.haproxy.service.consul")).Text);
        Assert.Equal("home", (await Lb.GetAsync("session.haproxy.service.consul", fields: $"Cookie: {first.Field("Set-Cookie")!.Split(';')[0]}\r\n")).Text);
    }

    public sealed class Fixture : LbFixture
    {
        protected override void Configure(LbConfig config)
        {
            foreach (var name in (string[])["plain", "copied"])
            {
                config.Service(name, LbConfig.Loopback(Ports.Free())).Service(name + "-mirror", LbConfig.Loopback(Ports.Free()));
                config.Policy(name, """{ "protocol": "h2c" }""");
                config.Route($$"""{ "host": "{{name}}.example.com", "service": "{{name}}"{{(name == "copied" ? $", \"mirror\": {{ \"service\": \"{name}-mirror\" }}" : "")}} }""");
            }
            config.Service("held", LbConfig.Loopback(Ports.Free()));
            config.Policy("held", """{ "timeouts": { "request": "500ms" }, "endpointLimits": { "maxRequests": 1, "queueTimeout": "1m" } }""");
            config.Service("session", LbConfig.Loopback(Ports.Free())).Service("spare", LbConfig.Loopback(Ports.Free()));
            config.Policy("session", """{ "sticky": {}, "fallbacks": ["spare"] }""");
        }
    }
}
