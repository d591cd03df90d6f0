using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Http;

/// <summary>Sessions that stay at their endpoint by a cookie.</summary>
public sealed class StickyTests(StickyTests.Fixture fixture) : IClassFixture<StickyTests.Fixture>
{
    private const string Host = "api.haproxy.service.consul";

    private LbProcess Lb => fixture.Lb;

    [Fact]
    public async Task A_session_stays_and_the_cookie_is_set_once_and_for_this_client_alone()
    {
        await using var world = await WorldAsync();
        var first = await Lb.GetAsync(Host);

        Assert.Matches("^s=[0-9a-f]{16}; Path=/; HttpOnly; SameSite=Lax$", first.Field("Set-Cookie"));
        Assert.Equal("private", first.Field("Cache-Control"));
        for (var i = 0; i < 6; i++)
        {
            var next = await Lb.GetAsync(Host, fields: $"Cookie: {CookieOf(first)}\r\n");
            Assert.Equal((first.Text, null, null), (next.Text, next.Field("Set-Cookie"), next.Field("Cache-Control")));
        }
    }

    [Fact]
    public async Task The_cookie_is_the_balancers_alone_and_the_others_go_on_as_they_are()
    {
        await using var world = await WorldAsync();
        var cookie = CookieOf(await Lb.GetAsync(Host));

        await Lb.AskAsync($"GET /both HTTP/1.1\r\nHost: {Host}\r\nCookie: a=b;{cookie}; c=\"d; e\"\r\nCookie: s=old;f=g\r\n\r\n");
        await Lb.AskAsync($"GET /only HTTP/1.1\r\nHost: {Host}\r\nCookie: {cookie}\r\n\r\n");
        await Lb.AskAsync($"GET /none HTTP/1.1\r\nHost: {Host}\r\nCookie: a=b;c\r\n\r\n");

        Assert.Equal("a=b; c=\"d; e\";f=g", world.Seen("/both").Field("Cookie"));
        Assert.Null(world.Seen("/only").Field("Cookie"));
        Assert.Equal("a=b;c", world.Seen("/none").Field("Cookie"));
    }

    [Fact]
    public async Task One_that_drains_keeps_its_session_and_gets_no_new_one()
    {
        await using var world = await WorldAsync();
        var session = await Lb.GetAsync(Host);
        var home = world[session.Text];
        await Lb.UseAsync("api", [.. world.All.Select(endpoint => endpoint == home ? $$"""{ "address": "{{endpoint.Address}}", "weight": 0 }""" : endpoint.Address)]);

        for (var i = 0; i < 6; i++)
        {
            var old = await Lb.GetAsync(Host, fields: $"Cookie: {CookieOf(session)}\r\n");
            Assert.Equal((home.Name, null), (old.Text, old.Field("Set-Cookie")));
            Assert.NotEqual(home.Name, (await Lb.GetAsync(Host)).Text);
        }

        await Lb.UseAsync("api", [.. world.All.Where(endpoint => endpoint != home).Select(static endpoint => endpoint.Address)]);
        var moved = await Lb.GetAsync(Host, fields: $"Cookie: {CookieOf(session)}\r\n");
        Assert.NotEqual(home.Name, moved.Text);
        Assert.Equal(moved.Text, (await Lb.GetAsync(Host, fields: $"Cookie: {CookieOf(moved)}\r\n")).Text);
    }

    [Fact]
    public async Task One_that_was_killed_is_replaced_and_the_cookie_rewritten()
    {
        await using var world = await WorldAsync();
        var session = await Lb.GetAsync(Host);
        await world[session.Text].DisposeAsync();

        var moved = await Lb.GetAsync(Host, fields: $"Cookie: {CookieOf(session)}\r\n");

        Assert.Equal(200, moved.Status);
        Assert.NotEqual(session.Text, moved.Text);
        Assert.NotEqual(CookieOf(session), CookieOf(moved));
        var next = await Lb.GetAsync(Host, fields: $"Cookie: {CookieOf(moved)}\r\n");
        Assert.Equal((moved.Text, null), (next.Text, next.Field("Set-Cookie")));
    }

    [Fact]
    public async Task A_kept_connection_that_was_just_closed_is_no_reason_to_lose_the_session()
    {
        await using var world = await WorldAsync();
        var session = await Lb.GetAsync(Host);
        foreach (var endpoint in world.All)
        {
            var connections = 0;
            // Closes what came first when the request has come.
            endpoint.Script = async wire =>
            {
                if (Interlocked.Increment(ref connections) > 1)
                {
                    await endpoint.ServeAsync(wire);
                }
                await wire.ReadRequestAsync();
            };
            endpoint.ResetConnections();
        }

        var next = await Lb.GetAsync(Host, fields: $"Cookie: {CookieOf(session)}\r\n");

        Assert.Equal((200, session.Text, null), (next.Status, next.Text, next.Field("Set-Cookie")));
    }

    [Fact]
    public async Task A_cookie_that_nobody_gave_out_is_replaced()
    {
        await using var world = await WorldAsync();
        foreach (var value in (string[])["", "1", "0000000000000000", "ffffffffffffffff", "\"x\"", new string('a', 4000)])
        {
            var answer = await Lb.GetAsync(Host, fields: $"Cookie: s={value}\r\n");
            Assert.Equal(200, answer.Status);
            Assert.NotNull(answer.Field("Set-Cookie"));
        }
    }

    [Fact]
    public async Task Another_balancer_with_the_same_secret_and_a_restarted_one_keep_the_session()
    {
        await using var world = await WorldAsync();
        var session = await Lb.GetAsync(Host);
        var config = new LbConfig().Service("api", [.. world.All.Select(static endpoint => endpoint.Address)]).Policy("api", Fixture.Sticky);
        await using var other = await LbProcess.StartAsync(config);

        for (var i = 0; i < 4; i++)
        {
            var answer = await other.GetAsync(Host, fields: $"Cookie: {CookieOf(session)}\r\n");
            Assert.Equal((session.Text, null), (answer.Text, answer.Field("Set-Cookie")));
        }
    }

    [Theory]
    [InlineData("X-Forwarded-Proto: https\r\n", "; Secure")]
    [InlineData("X-Forwarded-Proto: http\r\n", "")]
    [InlineData("", "")]
    public async Task Behind_a_trusted_proxy_with_TLS_the_cookie_is_for_TLS_only(string fields, string end)
    {
        await using var world = await WorldAsync();
        using var wire = await Wire.ConnectAsync(fixture.TrustingPort);
        await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n{fields}\r\n");

        Assert.EndsWith("SameSite=Lax" + end, (await wire.ReadAnswerAsync()).Field("Set-Cookie"), StringComparison.Ordinal);
        Assert.Null((await Lb.GetAsync(Host, fields: "X-Forwarded-Proto: https\r\n")).Field("Set-Cookie")?.Split("; ").FirstOrDefault(static part => part == "Secure"));
    }

    [Theory]
    [InlineData("public, max-age=60", "public, max-age=60|private")]
    [InlineData("no-store", "no-store")]
    [InlineData("max-age=0, Private", "max-age=0, Private")]
    public async Task What_the_endpoint_says_of_caches_stays_and_its_cookies_too(string said, string expected)
    {
        await using var endpoint = new RawEndpoint("api", RawEndpoint.Answering($"HTTP/1.1 200 OK\r\nCache-Control: {said}\r\nSet-Cookie: own=1\r\nContent-Length: 0\r\n\r\n"));
        await fixture.UseAsync(endpoint.Address);

        var answer = await Lb.GetAsync(Host);

        Assert.Equal(expected.Split('|'), answer.Values("Cache-Control"));
        Assert.Equal(2, answer.Values("Set-Cookie").Length);
    }

    private static string CookieOf(HttpMessage answer) => answer.Field("Set-Cookie")!.Split(';')[0];

    private async Task<World> WorldAsync()
    {
        var world = new World();
        await fixture.UseAsync([.. world.All.Select(static endpoint => endpoint.Address)]);
        return world;
    }

    private sealed class World : IAsyncDisposable
    {
        public RawEndpoint[] All { get; } = [new("a"), new("b"), new("c")];

        public RawEndpoint this[string name] => All.Single(endpoint => endpoint.Name == name);

        /// <summary>The request with this target.</summary>
        public HttpMessage Seen(string target) => All.SelectMany(static endpoint => endpoint.Requests).Single(request => request.Target == target);

        public async ValueTask DisposeAsync()
        {
            foreach (var endpoint in All)
            {
                await endpoint.DisposeAsync();
            }
        }
    }

    public sealed class Fixture : LbFixture
    {
        public const string Sticky = """{ "sticky": { "cookie": "s", "secret": "0123456789abcdef" } }""";

        public int TrustingPort { get; } = Ports.Free();

        protected override void Configure(LbConfig config) =>
            config.Policy("api", Sticky).Listener("trusting", TrustingPort, """{ "trustedProxies": ["127.0.0.1"] }""");
    }
}
