using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Stickiness;
using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>Sessions by a cookie, on the reactor. The first endpoint is asked by all who have none.</summary>
public sealed class StickyTests
{
    private static readonly ServicePolicy s_policy = new() { Sticky = new StickyOptions { Cookie = "s" } };

    [Fact]
    public async Task A_session_stays_where_it_began_though_others_begin_elsewhere()
    {
        using ManualBackend a = new(), b = new();
        await using var reactor = new ReactorFixture(s_policy, a.Port, b.Port);
        using var client = await reactor.PeerAsync();
        // To the second one, as if it had been asked first once.
        var cookie = CookieOf(reactor, "1");

        await client.SendAsync($"GET / HTTP/1.1\r\nHost: api\r\nCookie: {cookie}\r\n\r\n");
        using var home = await b.AcceptAsync();
        Assert.DoesNotContain("Cookie", await home.AnswerAsync("b"), StringComparison.Ordinal);

        var answer = (await client.ReadAnswerAsync())!;
        Assert.Equal("b", answer.Body);
        Assert.DoesNotContain("Set-Cookie", answer.Head, StringComparison.Ordinal);
        Assert.DoesNotContain("Cache-Control", answer.Head, StringComparison.Ordinal);
        Assert.False(a.HasWaiting);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task A_new_client_gets_the_cookie_of_who_answered_after_a_retry()
    {
        using ManualBackend a = new(), b = new();
        var policy = s_policy with { Retry = new RetryPolicy { OnStatuses = new StatusSet(503), Budget = null } };
        await using var reactor = new ReactorFixture(policy, a.Port, b.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: api\r\nCookie: {CookieOf(reactor, "0")}\r\n\r\n");
        using var first = await a.AcceptAsync();
        await first.ReadHeadAsync();
        await first.SendAsync("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
        using var second = await b.AcceptAsync();
        await second.ReadHeadAsync();
        await second.SendAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=1\r\nSet-Cookie: own=1\r\nContent-Length: 0\r\n\r\n");

        var answer = (await client.ReadAnswerAsync())!;

        Assert.Contains($"\r\nSet-Cookie: {CookieOf(reactor, "1")}; Path=/; HttpOnly; SameSite=Lax\r\n", answer.Head, StringComparison.Ordinal);
        Assert.Contains("\r\nSet-Cookie: own=1\r\n", answer.Head, StringComparison.Ordinal);
        Assert.Contains("\r\nCache-Control: max-age=1\r\n", answer.Head, StringComparison.Ordinal);
        Assert.Contains("\r\nCache-Control: private\r\n", answer.Head, StringComparison.Ordinal);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Theory]
    [InlineData("a=b;s=x; c=\"d; e\"|s=old;f=g", "a=b; c=\"d; e\";f=g")]
    [InlineData("s=x;s=y", null)]
    [InlineData("s=x|a=b", "a=b")]
    [InlineData("a=b;c|d=e", "a=b;c|d=e")]
    public async Task Its_cookie_does_not_go_on_and_the_others_do(string cookies, string? seen)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(s_policy, backend.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: api\r\n{string.Concat(cookies.Split('|').Select(static field => $"Cookie: {field}\r\n"))}\r\n");
        using var endpoint = await backend.AcceptAsync();

        var head = await endpoint.AnswerAsync("");

        Assert.Equal(seen, head.Split("\r\n").Where(static line => line.StartsWith("Cookie: ", StringComparison.Ordinal)).Select(static line => line["Cookie: ".Length..]) is var fields && fields.Any() ? string.Join('|', fields) : null);
        Assert.Contains("\r\nHost: api\r\n", head, StringComparison.Ordinal);
        Assert.Contains("Set-Cookie: s=", (await client.ReadAnswerAsync())!.Head, StringComparison.Ordinal);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    /// <summary>With the cookie the head of an answer may need a large buffer, and none is large enough for every head.</summary>
    [Theory]
    [InlineData(16 * 1024, 200)]
    [InlineData((96 * 1024) - 200, 502)]
    public async Task A_long_head_gets_the_cookie_or_is_refused(int length, int status)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(s_policy, backend.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
        using var endpoint = await backend.AcceptAsync();
        await endpoint.ReadHeadAsync();
        const string start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
        await endpoint.SendAsync($"{start}{new string('x', length - start.Length - 4)}\r\n\r\n");

        Assert.Equal(status, (await client.ReadAnswerAsync())!.Status);

        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    private static string CookieOf(ReactorFixture reactor, string endpoint)
    {
        var snapshot = reactor.Service.Snapshot;
        var token = snapshot.Sticky!.TokenOf(snapshot.Endpoints.Single(state => state.Endpoint.Id.ServiceId == endpoint).Endpoint);
        return $"s={token:x16}";
    }
}
