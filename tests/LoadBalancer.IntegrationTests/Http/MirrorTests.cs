using System.Text;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Http;

/// <summary>Requests that another service gets a copy of.</summary>
public sealed class MirrorTests(MirrorTests.Fixture fixture) : IClassFixture<MirrorTests.Fixture>
{
    private LbProcess Lb => fixture.Lb;

    [Fact]
    public async Task The_mirror_gets_the_same_request_marked_and_the_client_only_the_original_answer()
    {
        await using var world = await WorldAsync("copy");

        var answer = await Lb.GetAsync("copy.example.com", "/a/b?c=d", "X-Custom: 1\r\nX-Custom: 2\r\nCookie: a=b\r\nExpect: nothing\r\n");

        Assert.Equal((200, "original"), (answer.Status, answer.Text));
        var copy = await world.CopyAsync();
        var original = world.Original.Requests.Single();
        Assert.Equal("1", copy.Field("X-Lb-Mirror"));
        Assert.Null(original.Field("X-Lb-Mirror"));
        Assert.Equal(original.StartLine, copy.StartLine);
        Assert.Equal(
            original.Fields.Where(static field => field.Key != "Expect").Order(s_byName),
            copy.Fields.Where(static field => field.Key != "X-Lb-Mirror").Order(s_byName));
        await ShowsAsync("copy", mirrored: 1, dropped: 0);
        Assert.Equal(0, (await Lb.ServiceAsync("copy-original")).GetProperty("mirrored").GetInt64());
        Assert.Equal(1, (await Lb.ServiceAsync("copy")).GetProperty("requests").GetInt64());
    }

    [Theory]
    [InlineData("sized", false)]
    [InlineData("chunked", true)]
    public async Task A_body_is_copied_as_it_streams(string service, bool isChunked)
    {
        await using var world = await WorldAsync(service);
        using var wire = await Lb.ConnectAsync();
        await wire.SendAsync($"POST /x HTTP/1.1\r\nHost: {service}.example.com\r\nContent-Type: text/x\r\n{(isChunked ? "Transfer-Encoding: chunked" : "Content-Length: 10")}\r\n\r\n");
        foreach (var part in (string[])["hello", "world"])
        {
            await (isChunked ? wire.SendChunkAsync(Encoding.ASCII.GetBytes(part)) : wire.SendAsync(part));
        }
        if (isChunked)
        {
            await wire.SendChunkAsync([]);
        }

        Assert.Equal("original", (await wire.ReadAnswerAsync()).Text);
        var copy = await world.CopyAsync();
        Assert.Equal(("POST", "helloworld", "text/x"), (copy.Method, copy.Text, copy.Field("Content-Type")));
        await ShowsAsync(service, mirrored: 1, dropped: 0);
    }

    [Theory]
    [InlineData("long-sized", "Content-Length: 65537")]
    [InlineData("long-chunked", "Transfer-Encoding: chunked")]
    public async Task A_longer_body_than_the_limit_is_not_copied_and_the_original_gets_all_of_it(string service, string length)
    {
        await using var world = await WorldAsync(service);
        var body = new byte[65_537];
        using var wire = await Lb.ConnectAsync();
        await wire.SendAsync($"PUT / HTTP/1.1\r\nHost: {service}.example.com\r\n{length}\r\n\r\n");
        if (service == "long-chunked")
        {
            await wire.SendChunkAsync(body);
            await wire.SendChunkAsync([]);
        }
        else
        {
            await wire.SendAsync(body);
        }

        Assert.Equal("original", (await wire.ReadAnswerAsync()).Text);
        Assert.Equal(body.Length, world.Original.Requests.Single().Body.Length);
        await ShowsAsync(service, mirrored: 0, dropped: 1);
        Assert.Empty(world.Mirror.Requests);
    }

    [Fact]
    public async Task A_body_that_does_not_come_to_its_end_is_not_copied()
    {
        await using var world = await WorldAsync("cut");
        using (var wire = await Lb.ConnectAsync())
        {
            await wire.SendAsync("POST / HTTP/1.1\r\nHost: cut.example.com\r\nContent-Length: 10\r\n\r\nhello");
            await Lb.WaitForInFlightAsync("cut-original", 1);
            wire.Reset();
        }
        await ShowsAsync("cut", mirrored: 0, dropped: 1);
        Assert.Empty(world.Mirror.Requests);
    }

    [Fact]
    public async Task A_mirror_that_hangs_delays_nobody_and_holds_no_more_than_its_limit()
    {
        await using var world = await WorldAsync("hang");
        world.Mirror.Script = static wire => wire.WaitForCloseAsync();

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("original", (await Lb.GetAsync("hang.example.com")).Text);
        }

        // Two run and are not over; the others were not begun.
        await ShowsAsync("hang", mirrored: 0, dropped: 8);
        await Lb.WaitForInFlightAsync("hang", 2);
        world.Mirror.ResetConnections();
        await ShowsAsync("hang", mirrored: 0, dropped: 10);
    }

    [Fact]
    public async Task A_mirror_that_is_away_costs_nobody_anything()
    {
        await using var world = await WorldAsync("away");
        await world.Mirror.DisposeAsync();

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("original", (await Lb.GetAsync("away.example.com")).Text);
        }

        await ShowsAsync("away", mirrored: 0, dropped: 3);
        Assert.Equal(0, (await Lb.EndpointAsync("away-original", world.Original.Address)).GetProperty("failures").GetInt64());
    }

    [Fact]
    public async Task A_tunnel_is_not_copied()
    {
        await using var world = await WorldAsync("tunnel");
        world.Original.Script = static async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            await wire.WaitForCloseAsync();
        };
        using var wire = await Lb.ConnectAsync();
        await wire.SendAsync("GET / HTTP/1.1\r\nHost: tunnel.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n");

        Assert.Equal(101, (await wire.ReadAnswerAsync()).Status);
        await ShowsAsync("tunnel", mirrored: 0, dropped: 0);
        Assert.Equal(0, world.Mirror.Accepted);
    }

    [Fact]
    public async Task A_quarter_is_a_quarter()
    {
        await using var world = await WorldAsync("quarter");
        for (var i = 0; i < 100; i++)
        {
            await Lb.GetAsync("quarter.example.com");
        }
        await Eventually.True(async () => (await Lb.ServiceAsync("quarter")).GetProperty("mirrored").GetInt64() is >= 24 and <= 26, "a quarter was copied");
    }

    [Fact]
    public async Task The_limits_of_the_mirror_are_its_own()
    {
        await using var world = await WorldAsync("rate");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("original", (await Lb.GetAsync("rate.example.com")).Text);
        }
        await ShowsAsync("rate", mirrored: 2, dropped: 3);
    }

    [Fact]
    public async Task Draining_does_not_wait_for_a_mirror()
    {
        await using var original = new RawEndpoint("original");
        await using var mirror = new RawEndpoint("mirror", static wire => wire.WaitForCloseAsync());
        var config = new LbConfig().Service("api", original.Address).Service("mirror", mirror.Address);
        config.Route("""{ "host": "h", "service": "api", "mirror": { "service": "mirror" } }""");
        config.Root["drainTimeout"] = "10m";
        await using var lb = await LbProcess.StartAsync(config);
        Assert.Equal("original", (await lb.GetAsync("h")).Text);
        await lb.WaitForInFlightAsync("mirror", 1);

        Assert.Equal(0, await lb.StopAsync());
        Assert.DoesNotContain("Exception", lb.Process.Output, StringComparison.Ordinal);
    }

    private static readonly Comparer<KeyValuePair<string, string>> s_byName = Comparer<KeyValuePair<string, string>>.Create(static (a, b) => string.CompareOrdinal(a.ToString(), b.ToString()));

    private Task ShowsAsync(string service, int mirrored, int dropped) => Eventually.True(
        async () => await Lb.ServiceAsync(service) is var view && (view.GetProperty("mirrored").GetInt64(), view.GetProperty("mirrorsDropped").GetInt64()) == (mirrored, dropped),
        $"{service} shows {mirrored} mirrored and {dropped} dropped");

    /// <summary>Fresh endpoints of a mirror and of the service "NAME-original" that it gets copies from.</summary>
    private async Task<World> WorldAsync(string mirror)
    {
        var world = new World();
        Lb.Config.Service(mirror, world.Mirror.Address);
        await Lb.UseAsync(mirror + "-original", world.Original.Address);
        return world;
    }

    private sealed class World : IAsyncDisposable
    {
        public RawEndpoint Original { get; } = new("original");

        public RawEndpoint Mirror { get; } = new("mirror");

        /// <summary>The only copy.</summary>
        public async Task<HttpMessage> CopyAsync()
        {
            await Eventually.True(() => Mirror.Requests.Count > 0, "the copy has come");
            return Mirror.Requests.Single();
        }

        public async ValueTask DisposeAsync()
        {
            await Original.DisposeAsync();
            await Mirror.DisposeAsync();
        }
    }

    public sealed class Fixture : LbFixture
    {
        protected override void Configure(LbConfig config)
        {
            Add("copy", "sized", "chunked", "long-sized", "long-chunked", "cut", "away", "tunnel", "rate");
            Add("\"maxInFlight\": 2", "hang");
            Add("\"percent\": 25", "quarter");
            config.Policy("rate", """{ "rateLimit": { "rate": 0.01, "burst": 2 } }""");

            void Add(params ReadOnlySpan<string> names)
            {
                var more = names[0].StartsWith('"') ? ", " + names[0] : "";
                foreach (var name in more.Length > 0 ? names[1..] : names)
                {
                    config.Service(name, LbConfig.Loopback(Ports.Free())).Service(name + "-original", LbConfig.Loopback(Ports.Free()));
                    config.Route($$"""{ "host": "{{name}}.example.com", "service": "{{name}}-original", "mirror": { "service": "{{name}}"{{more}} } }""");
                }
            }
        }
    }
}
