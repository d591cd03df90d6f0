using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Stickiness;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>What becomes of a request for another protocol (RFC 9110 section 7.8), over real sockets.</summary>
public sealed class UpgradeTests
{
    [Fact]
    public async Task Both_sides_agree_through_the_reactor_and_the_connection_serves_nobody_else()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        using var client = await reactor.ConnectAsync();
        await client.SendTextAsync("GET /chat?a=b HTTP/1.1\r\nHost: api\r\nUpgrade: WebSocket\r\nConnection: keep-alive, X-Private, upgrade\r\nX-Private: 1\r\nX-Forwarded-For: 1.2.3.4\r\nSec-WebSocket-Protocol: a, b\r\n\r\n");
        using var endpoint = await backend.AcceptSocketAsync();

        Assert.Equal(
            "GET /chat?a=b HTTP/1.1\r\nHost: api\r\nSec-WebSocket-Protocol: a, b\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: api\r\n\r\n",
            await endpoint.ReadHeadAsync());
        await endpoint.SendTextAsync("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: upgrade, X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 5\r\nSec-WebSocket-Accept: x\r\n\r\n");
        Assert.Equal("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\n\r\n", await client.ReadHeadAsync());
        await client.SendTextAsync("ping");
        Assert.Equal("ping", await endpoint.ReadTextAsync(4));
        await endpoint.SendTextAsync("GET / HTTP/1.1\r\n\r\n");
        Assert.Equal("GET / HTTP/1.1\r\n\r\n", await client.ReadTextAsync(18));
        Assert.Equal(1, reactor.Endpoint.InFlight);

        client.Dispose();
        endpoint.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Equal((1, 0), (reactor.Endpoint.Total, reactor.Endpoint.Failures));
        Assert.Empty(reactor.HandedOver);
    }

    [Theory]
    [InlineData("h2c, websocket,\t, irc/6.9", "websocket,irc/6.9")]
    [InlineData("a b, SPDY/3.1, c/, /d, e/f/g", "SPDY/3.1")]
    [InlineData("x\r\nUpgrade: y, z", "x,y,z")]
    public async Task What_can_be_passed_on_is_asked_for(string asked, string passed)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        using var client = await reactor.ConnectAsync();
        await client.SendTextAsync($"GET / HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: {asked}\r\n\r\n");
        using var endpoint = await backend.AcceptSocketAsync();

        var head = await endpoint.ReadHeadAsync();

        Assert.Equal(["Connection: Upgrade", $"Upgrade: {passed}"], head.Split("\r\n").Where(static line => line.Contains("pgrade", StringComparison.Ordinal)));
        foreach (var protocol in passed.Split(',').Take(1))
        {
            await endpoint.SendTextAsync($"HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: {protocol.ToUpperInvariant()}\r\n\r\n");
            Assert.Contains($"\r\nUpgrade: {protocol.ToUpperInvariant()}\r\n", await client.ReadHeadAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.0", "Connection: upgrade, keep-alive\r\nUpgrade: websocket\r\n", "")]
    [InlineData("GET / HTTP/1.1", "Upgrade: websocket\r\n", "")]
    [InlineData("GET / HTTP/1.1", "Connection: upgrade\r\n", "")]
    [InlineData("GET / HTTP/1.1", "Connection: upgrade\r\nUpgrade:\r\n", "")]
    [InlineData("GET / HTTP/1.1", "Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", "")]
    [InlineData("GET / HTTP/1.1", "Connection: upgrade\r\nUpgrade: HTTP/2.0, TLS/1.2, H2\r\n", "")]
    [InlineData("POST / HTTP/1.1", "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n", "body")]
    [InlineData("POST / HTTP/1.1", "Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n", "4\r\nbody\r\n0\r\n\r\n")]
    public async Task What_cannot_be_passed_on_is_an_ordinary_request(string line, string fields, string body)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        using var client = await reactor.PeerAsync();
        for (var (round, endpoint) = (0, (Peer?)null); round < 2; round++)
        {
            await client.SendAsync($"{line}\r\nHost: api\r\n{fields}\r\n{body}");
            endpoint ??= await backend.AcceptAsync();
            var head = await endpoint.ReadHeadAsync();
            Assert.Equal(body, await endpoint.ReadAsync(body.Length));
            Assert.DoesNotContain("pgrade", head, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("settings", head, StringComparison.OrdinalIgnoreCase);
            await endpoint.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
            Assert.Equal("x", (await client.ReadAnswerAsync())!.Body);
            // The same connection again, on both sides.
            Assert.False(backend.HasWaiting);
        }
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Theory]
    [InlineData("Connection: upgrade\r\nUpgrade: websocket", "Connection: upgrade\r\nUpgrade: irc")]
    [InlineData("Connection: upgrade\r\nUpgrade: websocket", "Connection: upgrade\r\nUpgrade: websocket, irc")]
    [InlineData("Connection: upgrade\r\nUpgrade: websocket", "Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: irc")]
    [InlineData("Connection: upgrade\r\nUpgrade: websocket", "Connection: upgrade\r\nUpgrade: web")]
    [InlineData("Connection: upgrade\r\nUpgrade: websocket", "Connection: upgrade\r\nUpgrade:")]
    [InlineData("Connection: upgrade\r\nUpgrade: websocket", "Connection: upgrade")]
    [InlineData("Connection: upgrade\r\nUpgrade: h2c", "Connection: upgrade\r\nUpgrade: h2c")]
    [InlineData("Upgrade: websocket", "Connection: upgrade\r\nUpgrade: websocket")]
    [InlineData("X: y", "Connection: upgrade\r\nUpgrade: websocket")]
    public async Task A_switch_that_nobody_asked_for_is_502(string asked, string answered)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        using var client = await reactor.PeerAsync();
        // What follows would go straight to the endpoint in a tunnel.
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: api\r\n{asked}\r\n\r\nGET /next HTTP/1.1\r\nHost: api\r\n\r\n");
        using var endpoint = await backend.AcceptAsync();
        await endpoint.ReadHeadAsync();
        await endpoint.SendAsync($"HTTP/1.1 101 Switching Protocols\r\n{answered}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake");

        Assert.Equal(502, (await client.ReadAnswerAsync())!.Status);

        await endpoint.WaitForCloseAsync();
        using var second = await backend.AcceptAsync();
        Assert.StartsWith("GET /next ", await second.AnswerAsync("next"), StringComparison.Ordinal);
        Assert.Equal("next", (await client.ReadAnswerAsync())!.Body);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Equal(["GET api /", "GET api /next"], reactor.Routed);
        Assert.Empty(reactor.HandedOver);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(403)]
    [InlineData(426)]
    public async Task After_a_refusal_what_the_client_has_sent_is_the_next_request(int status)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync(Tunnels.Request + "GET /nobody HTTP/1.1\r\nHost: api\r\n\r\nGET /next HTTP/1.1\r\nHost: api\r\n\r\n");
        using var endpoint = await backend.AcceptSocketAsync();
        await endpoint.ReadHeadAsync();
        await reactor.RoundsAsync(5);
        Assert.Equal(0, endpoint.Available);

        await endpoint.SendTextAsync($"HTTP/1.1 {status} No\r\nUpgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 2\r\n\r\nno");

        Assert.Equal((status, "no"), (await client.ReadAnswerAsync()) is { } refused ? (refused.Status, refused.Body) : default);
        // Routed, as every request: not for this endpoint to see.
        Assert.Equal(404, (await client.ReadAnswerAsync())!.Status);
        Assert.StartsWith("GET /next ", await endpoint.ReadHeadAsync(), StringComparison.Ordinal);
        await endpoint.SendTextAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
        Assert.Equal("x", (await client.ReadAnswerAsync())!.Body);
        Assert.False(backend.HasWaiting);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Equal(["GET api /chat", "GET api /nobody", "GET api /next"], reactor.Routed);
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task After_a_refusal_what_is_no_request_goes_nowhere()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync(Tunnels.Request + "\u0081\u0085\0\0\0\0hello\r\n\r\n");
        using var endpoint = await backend.AcceptSocketAsync();
        await endpoint.ReadHeadAsync();
        await endpoint.SendTextAsync("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(403, (await client.ReadAnswerAsync())!.Status);
        Assert.Equal(400, (await client.ReadAnswerAsync())!.Status);

        Assert.Equal(0, endpoint.Available);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task Interim_answers_come_before_the_switch_in_all_pieces()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var (client, endpoint) = await Tunnels.AskAsync(reactor, backend);
        using var first = client;
        using var second = endpoint;

        foreach (var piece in "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + Tunnels.Switch + "x")
        {
            await endpoint.SendTextAsync(piece.ToString());
        }

        Assert.StartsWith("HTTP/1.1 103 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("x", await client.ReadTextAsync(1));
    }

    [Theory]
    [InlineData(60 * 1024, 101)]
    [InlineData(95 * 1024, 101)]
    [InlineData((96 * 1024) - 60, 502)]
    public async Task A_long_head_of_a_switch_goes_on_or_is_refused(int length, int status)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var (client, endpoint) = await Tunnels.AskAsync(reactor, backend);
        using var first = client;
        using var second = endpoint;
        const string start = "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: upgrade\r\nX: ";

        await endpoint.SendTextAsync($"{start}{new string('x', length - start.Length - 4)}\r\n\r\n{new string('y', 200_000)}");

        Assert.StartsWith($"HTTP/1.1 {status} ", await client.ReadHeadAsync(), StringComparison.Ordinal);
        if (status == 101)
        {
            Assert.Equal(new string('y', 200_000), await client.ReadTextAsync(200_000));
        }
        client.Dispose();
        endpoint.Dispose();
        await reactor.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task An_endpoint_that_cannot_be_reached_or_has_closed_is_not_the_last_word()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(ServicePolicy.Default, Ports.Free(), backend.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
        using (var kept = await backend.AcceptAsync())
        {
            await kept.AnswerAsync("");
            Assert.Equal(200, (await client.ReadAnswerAsync())!.Status);
            await client.SendAsync(Tunnels.Request);
            // On the kept connection, which breaks without an answer.
            await kept.ReadHeadAsync();
        }
        using var endpoint = await backend.AcceptAsync();
        await endpoint.ReadHeadAsync();
        await endpoint.SendAsync(Tunnels.Switch);

        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadHeadAsync(), StringComparison.Ordinal);

        client.Dispose();
        await endpoint.WaitForCloseAsync();
        endpoint.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task A_client_that_leaves_before_the_answer_is_not_waited_for()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var (client, endpoint) = await Tunnels.AskAsync(reactor, backend);
        using var second = endpoint;

        client.Dispose();

        await endpoint.ReadEndAsync();
        await reactor.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_session_begins_with_the_switch()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(new ServicePolicy { Sticky = new StickyOptions { Cookie = "s" } }, backend.Port);
        var (client, endpoint) = await Tunnels.AskAsync(reactor, backend);
        using var first = client;
        using var second = endpoint;
        await endpoint.SendTextAsync(Tunnels.Switch);

        Assert.Contains("\r\nSet-Cookie: s=", await client.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tunnel_keeps_its_place_until_it_ends(bool isGuard)
    {
        using var backend = new ManualBackend();
        var policy = isGuard
            ? new ServicePolicy { Guard = new GuardOptions { Queue = new QueueOptions { MaxRequests = 1, Queue = 10, QueueTimeout = TimeSpan.FromMinutes(1) } } }
            : new ServicePolicy { EndpointLimits = new EndpointLimitOptions { MaxConnections = 1, MaxRequests = 1, Queue = 10, QueueTimeout = TimeSpan.FromMinutes(1) } };
        await using var reactor = new ReactorFixture(policy, backend.Port);
        var (client, endpoint) = await Tunnels.OpenAsync(reactor, backend);
        using var waiting = await reactor.PeerAsync();
        await waiting.SendAsync("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
        await Eventually.True(() => (isGuard ? reactor.Service.Guard!.Queue!.Waiting : reactor.Waiting) == 1, "the other one waits");
        await client.SendTextAsync("x");
        Assert.Equal("x", await endpoint.ReadTextAsync(1));
        Assert.False(backend.HasWaiting);

        client.Dispose();
        endpoint.Dispose();

        using var next = await backend.AcceptAsync();
        await next.AnswerAsync("done");
        Assert.Equal("done", (await waiting.ReadAnswerAsync())!.Body);
        waiting.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }
}
