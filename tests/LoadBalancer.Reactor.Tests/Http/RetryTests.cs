using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>What the reactor sends a second time. The first endpoint is asked first, the second when that one has failed.</summary>
public sealed class RetryTests
{
    private const int Limit = 64 * 1024;
    private const string Busy = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";

    private static readonly ServicePolicy s_policy = new() { Retry = new RetryPolicy { OnStatuses = new StatusSet(503), Attempts = 2, Budget = null } };

    [Fact]
    public async Task Two_answers_are_thrown_away_and_the_third_is_passed_on()
    {
        using ManualBackend a = new(), b = new(), c = new();
        await using var reactor = new ReactorFixture(s_policy, a.Port, b.Port, c.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("PUT /x HTTP/1.1\r\nHost: api\r\nContent-Length: 4\r\n\r\nbody");
        using var first = await a.AcceptAsync();
        await AssertRequestAsync(first);
        await first.SendAsync(Busy);
        using var second = await b.AcceptAsync();
        await AssertRequestAsync(second);
        // In pieces: an interim answer, and a body that is not there yet.
        await second.SendAsync("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 Bu");
        await second.SendAsync("sy\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n");
        using var third = await c.AcceptAsync();
        await AssertRequestAsync(third);
        await third.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        var answer = (await client.ReadAnswerAsync())!;

        Assert.Equal((200, "ok"), (answer.Status, answer.Body));
        // Of whom not all was read cannot be used again.
        await second.WaitForCloseAsync();
        // A whole answer was read from the others: they take the next request, whoever is asked.
        await client.SendAsync("GET /next HTTP/1.1\r\nHost: api\r\n\r\n");
        await first.AnswerAsync("next");
        Assert.Equal("next", (await client.ReadAnswerAsync())!.Body);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);

        static async Task AssertRequestAsync(Peer peer)
        {
            Assert.StartsWith("PUT /x HTTP/1.1\r\n", await peer.ReadHeadAsync(), StringComparison.Ordinal);
            Assert.Equal("body", await peer.ReadAsync(4));
        }
    }

    [Fact]
    public async Task The_last_answer_is_passed_on_as_it_is()
    {
        using ManualBackend a = new(), b = new();
        await using var reactor = new ReactorFixture(s_policy, a.Port, b.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
        using var first = await a.AcceptAsync();
        await first.ReadHeadAsync();
        await first.SendAsync(Busy);
        using var second = await b.AcceptAsync();
        await second.ReadHeadAsync();
        await second.SendAsync("HTTP/1.1 503 Also\r\nContent-Length: 4\r\n\r\nalso");

        var answer = (await client.ReadAnswerAsync())!;

        Assert.Equal((503, "also", false), (answer.Status, answer.Body, answer.IsOfBalancer));
        Assert.StartsWith("HTTP/1.1 503 Also\r\n", answer.Head, StringComparison.Ordinal);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task What_must_not_be_done_twice_is_not()
    {
        using ManualBackend a = new(), b = new();
        await using var reactor = new ReactorFixture(s_policy, a.Port, b.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 4\r\n\r\nbody");
        using var first = await a.AcceptAsync();
        await first.ReadHeadAsync();
        await first.ReadAsync(4);
        await first.SendAsync(Busy);

        var answer = (await client.ReadAnswerAsync())!;

        Assert.Equal((503, "busy"), (answer.Status, answer.Body));
        Assert.False(b.HasWaiting);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
    }

    /// <summary>In pieces of any size, by its length and in chunks: within the limit it is replayed byte for byte, beyond it never.</summary>
    [Theory]
    [InlineData(1, false, true)]
    [InlineData(20_000, false, true)]
    [InlineData(Limit, false, true)]
    [InlineData(Limit, true, true)]
    [InlineData(Limit + 1, false, false)]
    [InlineData(Limit + 1, true, false)]
    [InlineData(300_000, false, false)]
    [InlineData(300_000, true, false)]
    public async Task A_body_that_comes_in_pieces_is_replayed_within_the_limit(int length, bool isChunked, bool again)
    {
        using ManualBackend a = new(), b = new();
        await using var reactor = new ReactorFixture(s_policy, a.Port, b.Port);
        var random = new Random(length);
        var body = string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next(256)));
        using var client = await reactor.PeerAsync();
        var sending = SendAsync();
        using var first = await a.AcceptAsync();
        await first.ReadHeadAsync();
        Assert.Equal(body, await ReadBodyAsync(first));
        first.Reset();
        if (again)
        {
            using var second = await b.AcceptAsync();
            await second.ReadHeadAsync();
            Assert.Equal(body, await ReadBodyAsync(second));
            await second.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
        await sending;

        Assert.Equal(again ? 200 : 502, (await client.ReadAnswerAsync())!.Status);
        Assert.False(b.HasWaiting);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);

        async Task SendAsync()
        {
            await client.SendAsync($"PUT / HTTP/1.1\r\nHost: api\r\n{(isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {length}")}\r\n\r\n");
            for (var at = 0; at < length; at += 7_000)
            {
                var piece = body[at..Math.Min(at + 7_000, length)];
                await client.SendAsync(isChunked ? $"{piece.Length:x}\r\n{piece}\r\n" : piece);
            }
            if (isChunked)
            {
                await client.SendAsync("0\r\n\r\n");
            }
        }

        async Task<string> ReadBodyAsync(Peer peer)
        {
            if (!isChunked)
            {
                return await peer.ReadAsync(length);
            }
            var content = new System.Text.StringBuilder();
            while (true)
            {
                var line = "";
                while (!line.EndsWith("\r\n", StringComparison.Ordinal))
                {
                    line += await peer.ReadAsync(1);
                }
                var size = Convert.ToInt32(line.TrimEnd(), 16);
                content.Append(await peer.ReadAsync(size));
                await peer.ReadAsync(2);
                if (size == 0)
                {
                    return content.ToString();
                }
            }
        }
    }

    /// <summary>The answer comes while the client still sends: the next endpoint gets what came so far, and then the rest.</summary>
    [Fact]
    public async Task An_upload_goes_on_at_another_endpoint_from_its_start()
    {
        using ManualBackend a = new(), b = new();
        await using var reactor = new ReactorFixture(s_policy, a.Port, b.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("PUT / HTTP/1.1\r\nHost: api\r\nContent-Length: 10\r\n\r\nfirst");
        using var first = await a.AcceptAsync();
        await first.ReadHeadAsync();
        Assert.Equal("first", await first.ReadAsync(5));
        await first.SendAsync(Busy);
        using var second = await b.AcceptAsync();
        await second.ReadHeadAsync();
        Assert.Equal("first", await second.ReadAsync(5));
        await client.SendAsync("-rest");
        Assert.Equal("-rest", await second.ReadAsync(5));
        await second.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        var answer = (await client.ReadAnswerAsync())!;

        Assert.Equal((200, false), (answer.Status, answer.Closes));
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task The_endpoint_that_is_asked_next_dies_too()
    {
        using ManualBackend a = new(), b = new(), c = new();
        await using var reactor = new ReactorFixture(s_policy, a.Port, b.Port, c.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("PUT / HTTP/1.1\r\nHost: api\r\nContent-Length: 4\r\n\r\nbody");
        using var first = await a.AcceptAsync();
        await first.ReadHeadAsync();
        await first.SendAsync(Busy);
        var second = await b.AcceptAsync();
        await second.ReadHeadAsync();
        await second.SendAsync("HTTP/1.1 50");
        second.Reset();

        // Of an answer that has begun nothing can be understood: that is not repeated.
        Assert.Equal(502, (await client.ReadAnswerAsync())!.Status);
        Assert.False(c.HasWaiting);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task A_client_that_leaves_during_a_retry_leaves_nothing()
    {
        using ManualBackend a = new(), b = new();
        await using var reactor = new ReactorFixture(s_policy, a.Port, b.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("PUT / HTTP/1.1\r\nHost: api\r\nContent-Length: 10\r\n\r\nhalf");
        using var first = await a.AcceptAsync();
        await first.ReadHeadAsync();
        await first.SendAsync(Busy);
        using var second = await b.AcceptAsync();
        await second.ReadHeadAsync();

        client.Reset();

        await second.WaitForCloseAsync();
        await reactor.AssertNothingLeftAsync();
        Assert.Equal(0, reactor.Endpoint.Failures);
        Assert.Empty(reactor.HandedOver);
    }

    /// <summary>The attempt that fails gives its place to the one that waits, and finds another for itself.</summary>
    [Fact]
    public async Task A_retry_and_one_that_waits_find_a_place_each()
    {
        using ManualBackend a = new(), b = new();
        await using var reactor = new ReactorFixture(s_policy with { EndpointLimits = new EndpointLimitOptions { MaxRequests = 1, QueueTimeout = TimeSpan.FromMinutes(1) } }, a.Port, b.Port);
        using var one = await reactor.PeerAsync();
        using var two = await reactor.PeerAsync();
        await one.SendAsync("GET /1 HTTP/1.1\r\nHost: api\r\n\r\n");
        using var first = await a.AcceptAsync();
        await first.ReadHeadAsync();
        // The first endpoint is full, and the second one not asked before that is down.
        await two.SendAsync("GET /2 HTTP/1.1\r\nHost: api\r\n\r\n");
        await Eventually.True(() => reactor.Waiting == 1, "it waits");
        first.Reset();
        using var second = await b.AcceptAsync();
        Assert.StartsWith("GET /1 ", await second.ReadHeadAsync(), StringComparison.Ordinal);
        await second.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1");
        Assert.Equal("1", (await one.ReadAnswerAsync())!.Body);
        using var third = await a.AcceptAsync();
        Assert.StartsWith("GET /2 ", await third.ReadHeadAsync(), StringComparison.Ordinal);
        await third.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n2");
        Assert.Equal("2", (await two.ReadAnswerAsync())!.Body);
        one.Dispose();
        two.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }
}
