using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Http;

public sealed class BodyTests(LbFixture fixture) : IClassFixture<LbFixture>
{
    private const string Host = LbFixture.Host;

    /// <summary>Sizes and framings by a seed; the endpoint answers with the same bytes in a framing of its own.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Bodies_of_any_size_and_framing_pass_unchanged_in_both_directions(int seed)
    {
        var random = new Random(seed);
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            var mine = new Random(wire.Socket.RemoteEndPoint!.GetHashCode());
            while (true)
            {
                var request = await wire.ReadRequestAsync();
                await SendBodyAsync(wire, $"HTTP/1.1 200 OK\r\nX-Hash: {Hash(request.Body)}\r\n", request.Body, mine);
            }
        });
        using var client = await fixture.Lb.ConnectAsync();

        for (var i = 0; i < 12; i++)
        {
            // Around every power of two: buffers end there.
            var size = i == 0 ? 0 : Math.Max(0, (1 << random.Next(0, 23)) + random.Next(-2, 3));
            var body = new byte[size];
            random.NextBytes(body);
            var sending = SendBodyAsync(client, $"POST / HTTP/1.1\r\nHost: {Host}\r\n", body, random);
            var answer = await client.ReadAnswerAsync();
            await sending;

            Assert.Equal((200, Hash(body), Hash(body)), (answer.Status, answer.Field("X-Hash"), Hash(answer.Body)));
        }
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", "1234")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\n\r\n", null)]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n", null)]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\nETag: \"x\"\r\n\r\n", "1234")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "0")]
    [InlineData("GET", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "0")]
    public async Task Answers_without_a_body_keep_both_connections(string method, string raw, string? length)
    {
        await using var endpoint = await fixture.EndpointAsync(RawEndpoint.Answering(raw));
        using var client = await fixture.Lb.ConnectAsync();

        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync($"{method} / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
            var answer = await client.ReadAnswerAsync(toHead: method == "HEAD");
            Assert.Equal((length, null), (answer.Field("Content-Length"), answer.Field("Transfer-Encoding")));
            Assert.Empty(answer.Body);
        }
        Assert.Equal(1, endpoint.Accepted);
    }

    [Fact]
    public async Task An_answer_that_ends_with_its_connection_passes_whole()
    {
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\n\r\nuntil the end");
        });

        Assert.Equal("until the end", (await fixture.Lb.GetAsync(Host)).Text);
    }

    [Fact]
    public async Task A_client_that_asks_first_is_told_to_go_on_and_its_body_passes()
    {
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            var head = await wire.ReadLineAsync();
            while (await wire.ReadLineAsync() is { Length: > 0 } line)
            {
                head += "|" + line;
            }
            await wire.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            var body = Encoding.Latin1.GetString(await wire.ReadAsync(4));
            await wire.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{body}");
        });
        using var client = await fixture.Lb.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        var first = await client.ReadAnswerAsync(informational: true);
        Assert.Equal(100, first.Status);
        await client.SendAsync("body");

        Assert.Equal("body", (await client.ReadAnswerAsync()).Text);
    }

    [Fact]
    public async Task An_endpoint_that_refuses_before_the_body_is_heard()
    {
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            while (await wire.ReadLineAsync() is { Length: > 0 })
            {
            }
            await wire.SendAsync("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
        });
        using var client = await fixture.Lb.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n");
        var answer = await client.ReadAnswerAsync();

        Assert.Equal((401, "no"), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task An_answer_that_comes_while_the_upload_runs_reaches_the_client()
    {
        Assert.SkipWhen(Engine.IsKestrel, "over HTTP/1.1, HttpClient reads no answer before it has sent the request's body");
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            while (await wire.ReadLineAsync() is { Length: > 0 })
            {
            }
            await wire.SendAsync("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
            await wire.WaitForCloseAsync();
        });
        using var client = await fixture.Lb.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nContent-Length: 1000000\r\n\r\nonly the beginning");
        var answer = await client.ReadAnswerAsync();

        Assert.Equal((413, "big"), (answer.Status, answer.Text));
    }

    /// <summary>What must hold over every engine: such an exchange ends, and never as if the endpoint had agreed.</summary>
    [Fact]
    public async Task An_endpoint_that_answers_and_closes_while_the_upload_runs_ends_the_exchange()
    {
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            while (await wire.ReadLineAsync() is { Length: > 0 })
            {
            }
            await wire.SendAsync("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
        });
        using var client = await fixture.Lb.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nContent-Length: 100000000\r\n\r\n");
        var uploading = Task.Run(async () =>
        {
            var block = new byte[64 * 1024];
            while (true)
            {
                await client.SendAsync(block);
            }
        }, TestContext.Current.CancellationToken);

        try
        {
            Assert.Contains((await client.ReadAnswerAsync()).Status, new[] { 413, 502 });
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The reset that follows an answer may overtake it while the client still sends.
        }
        client.Dispose();
        await uploading.ContinueWith(static _ => { }, TaskScheduler.Default);
        await fixture.Lb.WaitForIdleAsync("api");
    }

    /// <summary>Bytes go on as they come: nothing waits for more (streams of events, long polls).</summary>
    [Fact]
    public async Task Parts_of_an_answer_pass_as_they_come()
    {
        using var next = new SemaphoreSlim(0);
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            foreach (var part in (string[])["a", "bc", "def"])
            {
                await next.WaitAsync();
                await wire.SendChunkAsync(Encoding.Latin1.GetBytes(part));
            }
            await next.WaitAsync();
        });
        using var client = await fixture.Lb.ConnectAsync();

        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        Assert.Equal("HTTP/1.1 200 OK", await client.ReadLineAsync());
        while (await client.ReadLineAsync() is { Length: > 0 })
        {
        }
        foreach (var part in (string[])["a", "bc", "def"])
        {
            next.Release();
            Assert.Equal(part.Length.ToString(CultureInfo.InvariantCulture), await client.ReadLineAsync());
            Assert.Equal(part, await client.ReadLineAsync());
        }
        next.Release();
    }

    [Fact]
    public async Task Parts_of_a_request_pass_as_they_come()
    {
        await using var endpoint = await fixture.EndpointAsync();
        using var client = await fixture.Lb.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (var part in (string[])["first-part", "second-part"])
        {
            await client.SendChunkAsync(Encoding.Latin1.GetBytes(part));
            await Eventually.True(() => endpoint.Connections.Any(wire => wire.Received.Contains(part, StringComparison.Ordinal)), part + " arrives");
        }
        await client.SendChunkAsync([]);

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        Assert.Equal("first-partsecond-part", endpoint.Requests.Single().Text);
    }

    [Fact]
    public async Task An_upload_that_pauses_is_not_cut_before_the_services_idle_timeout()
    {
        await using var endpoint = await fixture.EndpointAsync();
        using var client = await fixture.Lb.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nContent-Length: 10\r\n\r\n12345");
        // Longer than Kestrel's own grace for slow bodies (5 s). Nothing can be waited for: the point is that nothing happens.
        await Task.Delay(TimeSpan.FromSeconds(7), TestContext.Current.CancellationToken);
        await client.SendAsync("67890");

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        Assert.Equal("1234567890", endpoint.Requests.Single().Text);
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\nonly this", false)]
    [InlineData("Content-Length: 100\r\n\r\nonly this", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n", true)]
    public async Task A_body_that_is_cut_short_never_reaches_the_endpoint_as_a_whole(string rest, bool reset)
    {
        await using var endpoint = await fixture.EndpointAsync();
        using (var client = await fixture.Lb.ConnectAsync())
        {
            await client.SendAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\n{rest}");
            await Eventually.True(() => endpoint.Connections.Any(static wire => wire.Received.Contains("only this", StringComparison.Ordinal)), "the endpoint sees the beginning");
            if (reset)
            {
                client.Reset();
            }
        }
        await fixture.Lb.WaitForIdleAsync("api");

        Assert.Empty(endpoint.Requests);
        Assert.Equal(200, (await fixture.Lb.GetAsync(Host)).Status);
        Assert.Single(endpoint.Requests);
    }

    [Fact]
    public async Task A_client_that_leaves_during_the_answer_ends_the_endpoints_work()
    {
        var ended = new TaskCompletionSource();
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
            await wire.WaitForCloseAsync();
            ended.SetResult();
        });
        using var client = await fixture.Lb.ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        await client.ReadLineAsync();
        await fixture.Lb.WaitForInFlightAsync("api", 1);

        client.Reset();

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await fixture.Lb.WaitForIdleAsync("api");
    }

    [Fact]
    public async Task A_client_that_leaves_before_the_answer_ends_the_endpoints_work()
    {
        var ended = new TaskCompletionSource();
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.WaitForCloseAsync();
            ended.SetResult();
        });
        using var client = await fixture.Lb.ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        await fixture.Lb.WaitForInFlightAsync("api", 1);

        client.Dispose();

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await fixture.Lb.WaitForIdleAsync("api");
        Assert.Equal(0, (await fixture.Lb.EndpointAsync("api", endpoint.Address)).GetProperty("failures").GetInt64());
    }

    [Fact]
    public async Task A_slow_reader_slows_the_endpoint_and_fills_no_memory()
    {
        var sent = 0L;
        var block = new byte[64 * 1024];
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
            while (true)
            {
                await wire.Socket.SendAsync(block, SocketFlags.None);
                Interlocked.Add(ref sent, block.Length);
            }
        });
        using var client = await Wire.ConnectAsync(fixture.Lb.Config.WebPort, receiveBuffer: 4096);
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        await client.ReadLineAsync();

        long before;
        do
        {
            before = Interlocked.Read(ref sent);
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }
        while (Interlocked.Read(ref sent) != before);

        // What the kernel's buffers and a few of ours hold; not the gigabyte.
        Assert.InRange(before, 1, 64 * 1024 * 1024);
        Assert.InRange(fixture.Lb.ResidentMiB, 1, 400);
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\npart", false)]
    [InlineData("Content-Length: 100\r\n\r\npart", true)]
    [InlineData("Content-Length: 100\r\n\r\n", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\nnonsense\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n9\r\npart", false)]
    [InlineData("\r\npart", true)]
    public async Task An_answer_that_breaks_off_is_never_complete_for_the_client(string rest, bool reset)
    {
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Encoding: gzip\r\nCache-Control: max-age=99\r\n" + rest);
            if (reset)
            {
                await Task.Yield();
                wire.Reset();
            }
        });
        using var client = await fixture.Lb.ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\nConnection: close\r\n\r\n");

        HttpMessage answer;
        try
        {
            answer = await client.ReadAnswerAsync();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Broken for the client, too: that is what it must be.
            await fixture.Lb.WaitForIdleAsync("api");
            return;
        }
        // Nothing had been passed on yet: an error then, without anything of the broken answer.
        Assert.Equal((502, "upstream_error"), (answer.Status, answer.Field("X-Lb-Reason")));
        Assert.Equal((null, null, null), (answer.Field("ETag"), answer.Field("Content-Encoding"), answer.Field("Cache-Control")));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/9.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno field\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx")]
    public async Task An_answer_that_cannot_be_understood_is_502_and_its_connection_not_used_again(string raw) =>
        Assert.Equal(2, await RefusedAsync(raw));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")]
    public async Task An_answer_whose_length_is_not_clear_is_502(string raw) =>
        Assert.InRange(await RefusedAsync(raw), 1, 2);

    /// <summary>Has the endpoint answer so once, and well from then on; how many connections it took.</summary>
    private async Task<int> RefusedAsync(string raw)
    {
        await using var endpoint = await fixture.EndpointAsync();
        var first = true;
        endpoint.Script = async wire =>
        {
            if (first)
            {
                first = false;
                await wire.ReadRequestAsync();
                await wire.SendAsync(raw);
            }
            await endpoint.ServeAsync(wire);
        };

        var answer = await fixture.Lb.GetAsync(Host);

        Assert.Equal((raw, 502, "upstream_error"), (raw, answer.Status, answer.Field("X-Lb-Reason")));
        answer = await fixture.Lb.GetAsync(Host);
        Assert.Equal((200, "api"), (answer.Status, answer.Text));
        return endpoint.Accepted;
    }

    /// <summary>What RFC 9110 section 5.5 and RFC 9112 sections 5.1 and 5.2 tell a proxy to mend in an answer before it goes on.</summary>
    [Theory]
    [InlineData("X-A : b", "b")]
    [InlineData("X-A: b\r\n c", "b c")]
    [InlineData("X-A: b\0c", "b c")]
    public async Task Fields_of_an_answer_that_are_not_quite_right_are_mended_or_refused(string line, string value)
    {
        await using var endpoint = await fixture.EndpointAsync(RawEndpoint.Answering($"HTTP/1.1 200 OK\r\n{line}\r\nContent-Length: 0\r\n\r\n"));

        var answer = await fixture.Lb.GetAsync(Host);

        if (!Engine.IsKestrel && value.Contains(' ', StringComparison.Ordinal))
        {
            // To refuse such an answer is as good (sections 5.5 of RFC 9110 and 5.2 of RFC 9112), and the reactor does.
            Assert.Equal(502, answer.Status);
            return;
        }
        Assert.Equal(value.Split(' '), answer.Field("X-A")!.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>What an endpoint sends after its answer belongs to no request.</summary>
    [Fact]
    public async Task Bytes_after_an_answer_are_never_taken_for_the_next_one()
    {
        await using var endpoint = await fixture.EndpointAsync(RawEndpoint.Answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngoodHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
        using var client = await fixture.Lb.ConnectAsync();

        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
            Assert.Equal("good", (await client.ReadAnswerAsync()).Text);
        }
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_their_order()
    {
        await using var endpoint = await fixture.EndpointAsync(RawEndpoint.Answering(static request => $"HTTP/1.1 200 OK\r\nContent-Length: {request.Target.Length + request.Body.Length}\r\n\r\n{request.Target}{request.Text}"));
        using var client = await fixture.Lb.ConnectAsync();

        await client.SendAsync(string.Concat(Enumerable.Range(0, 50).Select(static i => i % 3 == 0
            ? $"POST /{i}: HTTP/1.1\r\nHost: {Host}\r\nContent-Length: 4\r\n\r\nbody"
            : $"GET /{i} HTTP/1.1\r\nHost: {Host}\r\n\r\n")));

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(i % 3 == 0 ? $"/{i}:body" : $"/{i}", (await client.ReadAnswerAsync()).Text);
        }
    }

    private static async Task SendBodyAsync(Wire wire, string head, byte[] body, Random random)
    {
        if (random.Next(2) == 0)
        {
            await wire.SendAsync($"{head}Content-Length: {body.Length}\r\n\r\n", body);
            return;
        }
        await wire.SendAsync(head + "Transfer-Encoding: chunked\r\n\r\n");
        for (var at = 0; at < body.Length;)
        {
            var size = Math.Min(body.Length - at, 1 + random.Next(1 << random.Next(4, 19)));
            await wire.SendChunkAsync(body.AsSpan(at, size));
            at += size;
        }
        await wire.SendChunkAsync([]);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));
}
