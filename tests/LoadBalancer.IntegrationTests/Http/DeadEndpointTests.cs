using System.Net;
using System.Net.Sockets;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Http;

public sealed class DeadEndpointTests(DeadEndpointTests.Fixture fixture) : IClassFixture<DeadEndpointTests.Fixture>
{
    private const string Host = LbFixture.Host;

    [Fact]
    public async Task A_refused_connection_costs_no_request_and_takes_the_endpoint_out()
    {
        await using var alive = new RawEndpoint("alive");
        var dead = LbConfig.Loopback(Ports.Free());
        await fixture.UseAsync(dead, alive.Address);

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("alive", (await fixture.Lb.AskAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nContent-Length: 4\r\n\r\nbody")).Text);
        }

        var endpoint = await fixture.Lb.EndpointAsync("api", dead);
        // In turn, but for the ejection: far fewer than half of the requests tried it.
        Assert.InRange(endpoint.GetProperty("failures").GetInt64(), 1, 3);
        Assert.Equal("ejected", endpoint.GetProperty("state").GetString());
        Assert.NotNull(endpoint.GetProperty("reason").GetString());
        Assert.All(alive.Requests, static request => Assert.Equal("body", request.Text));
        Assert.Equal(10, alive.Requests.Count);
    }

    [Fact]
    public async Task With_all_endpoints_dead_the_answer_is_503_until_one_is_back()
    {
        var port = Ports.Free();
        await fixture.UseAsync(LbConfig.Loopback(port), LbConfig.Loopback(Ports.Free()));

        var answer = await fixture.Lb.GetAsync(Host);
        Assert.Equal((503, "connect_failed", "1"), (answer.Status, answer.Field("X-Lb-Reason"), answer.Field("Retry-After")));

        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using var wire = new Wire(await listener.AcceptSocketAsync());
                await wire.ReadRequestAsync();
                await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nback");
            }
        }, TestContext.Current.CancellationToken);
        await Eventually.True(async () => (await fixture.Lb.GetAsync(Host)).Status == 200, "it is used again");
        await Eventually.True(async () => (await fixture.Lb.EndpointAsync("api", LbConfig.Loopback(port))).GetProperty("state").GetString() == "available", "and shown so");
    }

    [Fact]
    public async Task A_connection_that_is_not_answered_ends_with_the_connect_timeout()
    {
        using var hole = BlackHole.Open();
        await using var alive = new RawEndpoint("alive");
        // Priority 0 is tried first, for certain.
        await fixture.UseAsync(hole.Address, $$"""{ "address": "{{alive.Address}}", "priority": 1 }""");

        Assert.Equal("alive", (await fixture.Lb.GetAsync(Host)).Text);

        Assert.Equal("ejected", (await fixture.Lb.EndpointAsync("api", hole.Address)).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("GET", "", true)]
    [InlineData("HEAD", "", true)]
    [InlineData("OPTIONS", "", true)]
    [InlineData("DELETE", "", true)]
    [InlineData("PUT", "Content-Length: 0\r\n", true)]
    [InlineData("PUT", "Content-Length: 4\r\n\r\nbody", true)]
    [InlineData("POST", "Content-Length: 4\r\n\r\nbody", false)]
    [InlineData("POST", "Content-Length: 0\r\n", false)]
    [InlineData("POST", "", false)]
    [InlineData("PATCH", "", false)]
    [InlineData("BREW", "", false)]
    public async Task Only_what_may_be_done_twice_is_sent_again_when_the_endpoint_closes_before_its_answer(string method, string rest, bool again)
    {
        var seen = 0;
        Task Script(Wire wire) => CloseAfterAsync(wire, () => Interlocked.Increment(ref seen));
        await using var first = new RawEndpoint("first", Script);
        await using var second = new RawEndpoint("second", Script);
        await using var third = new RawEndpoint("third", Script);
        await fixture.UseAsync(first.Address, second.Address, third.Address);

        var answer = await fixture.Lb.AskAsync($"{method} / HTTP/1.1\r\nHost: {Host}\r\n{rest}{(rest.EndsWith("body", StringComparison.Ordinal) ? "" : "\r\n")}");

        Assert.Equal((502, again ? 2 : 1), (answer.Status, seen));
    }

    [Fact]
    public async Task A_repeated_request_is_answered_by_another_endpoint()
    {
        await using var closing = new RawEndpoint("closing", static wire => CloseAfterAsync(wire, static () => { }));
        await using var alive = new RawEndpoint("alive");
        await fixture.UseAsync(closing.Address, $$"""{ "address": "{{alive.Address}}", "priority": 1 }""");

        // Priority 1 is for when nobody else is available: the endpoint that failed is out for this request only.
        Assert.Equal("alive", (await fixture.Lb.GetAsync(Host)).Text);
        Assert.Equal("alive", (await fixture.Lb.GetAsync(Host)).Text);
        Assert.Equal("available", (await fixture.Lb.EndpointAsync("api", closing.Address)).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("GET", "\r\n", true)]
    [InlineData("POST", "Content-Length: 0\r\n\r\n", false)]
    [InlineData("POST", "\r\n", false)]
    [InlineData("POST", "Content-Length: 4\r\n\r\nbody", false)]
    [InlineData("PATCH", "\r\n", false)]
    public async Task On_a_kept_connection_too_only_what_may_be_done_twice_is_sent_again(string method, string rest, bool again)
    {
        var seen = 0;
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            await CloseAfterAsync(wire, () => Interlocked.Increment(ref seen));
        });
        // On one connection of a client: each loop of the reactor keeps its own to the endpoints.
        using var client = await fixture.Lb.ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);

        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: {Host}\r\n{rest}");
        var answer = await client.ReadAnswerAsync();

        Assert.Equal((again ? 200 : 502, 1), (answer.Status, seen));
    }

    [Fact]
    public async Task A_connection_that_the_endpoint_closed_while_idle_is_not_used()
    {
        await using var endpoint = await fixture.EndpointAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, (await fixture.Lb.AskAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nContent-Length: 4\r\n\r\nbody")).Status);
            // Closed, and the balancer's kernel knows: loopback delivers before the call returns.
            endpoint.ResetConnections();
        }
        Assert.Equal(5, endpoint.Requests.Count);
        Assert.Equal(0, (await fixture.Lb.EndpointAsync("api", endpoint.Address)).GetProperty("failures").GetInt64());
    }

    [Fact]
    public async Task Requests_in_flight_at_an_endpoint_that_dies_go_to_another_or_fail_loudly()
    {
        var arrived = 0;
        await using var dying = new RawEndpoint("dying", async wire =>
        {
            await wire.ReadRequestAsync();
            Interlocked.Increment(ref arrived);
            await wire.WaitForCloseAsync();
        });
        await using var alive = new RawEndpoint("alive");
        await fixture.UseAsync(dying.Address, $$"""{ "address": "{{alive.Address}}", "priority": 1 }""");
        var asked = Enumerable.Range(0, 20).Select(i => fixture.Lb.AskAsync(i % 2 == 0
            ? $"GET /{i} HTTP/1.1\r\nHost: {Host}\r\n\r\n"
            : $"POST /{i} HTTP/1.1\r\nHost: {Host}\r\nContent-Length: 1\r\n\r\nx")).ToArray();
        await Eventually.True(() => Volatile.Read(ref arrived) == 20, "all are in flight");

        await dying.DisposeAsync();

        var answers = await Task.WhenAll(asked);
        Assert.All(answers.Where(static (_, i) => i % 2 == 0), static answer => Assert.Equal((200, "alive"), (answer.Status, answer.Text)));
        Assert.All(answers.Where(static (_, i) => i % 2 == 1), static answer => Assert.Equal(502, answer.Status));
        await fixture.Lb.WaitForIdleAsync("api");
    }

    [Fact]
    public async Task An_endpoint_that_never_answers_ends_with_504()
    {
        await using var silent = new RawEndpoint("silent", static async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.WaitForCloseAsync();
        });
        await fixture.Lb.UseAsync("slow", silent.Address);

        var answer = await fixture.Lb.GetAsync("slow.haproxy.service.consul");

        Assert.Equal((504, "upstream_timeout"), (answer.Status, answer.Field("X-Lb-Reason")));
        // The endpoint got it once: a timeout may mean that it is still at work.
        Assert.Equal(1, silent.Accepted);
    }

    private static async Task CloseAfterAsync(Wire wire, Action seen)
    {
        await wire.ReadRequestAsync();
        seen();
    }

    public sealed class Fixture : LbFixture
    {
        protected override void Configure(LbConfig config) => config
            .Policy("api", """{ "timeouts": { "connect": "300ms" } }""")
            .Service("slow", LbConfig.Loopback(Ports.Free()))
            .Policy("slow", """{ "timeouts": { "idle": "500ms" } }""");
    }
}
