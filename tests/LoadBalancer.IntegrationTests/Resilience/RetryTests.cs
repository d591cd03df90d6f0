using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using LoadBalancer.IntegrationTests.Harness;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace LoadBalancer.IntegrationTests.Resilience;

/// <summary>What is sent a second time, whole, and what is not. An endpoint of priority 0 is asked first, for certain.</summary>
public sealed class RetryTests(RetryTests.Fixture fixture) : IClassFixture<RetryTests.Fixture>
{
    private const int Limit = 65_536;

    [Theory]
    [InlineData("GET", true)]
    [InlineData("DELETE", true)]
    [InlineData("POST", false)]
    public async Task An_answer_with_a_chosen_status_is_replaced_by_another_endpoints_where_that_is_safe(string method, bool again)
    {
        await using var failing = new RawEndpoint("failing", RawEndpoint.Answering("HTTP/1.1 503 Busy\r\nX-From: failing\r\nContent-Length: 4\r\n\r\nbusy"));
        await using var alive = new RawEndpoint("alive");
        await UseAsync("api", failing, alive);

        var answer = await fixture.Lb.AskAsync($"{method} / HTTP/1.1\r\nHost: {Host("api")}\r\n\r\n");

        Assert.Equal(again ? (200, "alive", null) : (503, "busy", "failing"), (answer.Status, answer.Text, answer.Field("X-From")));
        Assert.Equal("HTTP/1.1 " + (again ? "200 OK" : "503 Busy"), answer.StartLine);
        Assert.Equal(again ? 1 : 0, alive.Requests.Count);
        await AssertFailuresAsync("api", failing, 0);
    }

    [Fact]
    public async Task The_last_attempts_answer_is_passed_on_and_a_status_that_is_not_chosen_at_once()
    {
        var asked = 0;
        string Answer(HttpMessage request) => $"HTTP/1.1 {request.Target[1..]} No\r\nContent-Length: 1\r\n\r\n{Interlocked.Increment(ref asked)}";
        await using var first = new RawEndpoint("first", RawEndpoint.Answering(Answer));
        await using var second = new RawEndpoint("second", RawEndpoint.Answering(Answer));
        await UseAsync("api", first, second);

        var chosen = await fixture.Lb.GetAsync(Host("api"), "/503");
        var other = await fixture.Lb.GetAsync(Host("api"), "/500");

        Assert.Equal((503, "2", null), (chosen.Status, chosen.Text, chosen.Field("X-Lb-Reason")));
        Assert.Equal((500, "3"), (other.Status, other.Text));
    }

    [Theory]
    [InlineData("PUT", 1, false, true)]
    [InlineData("PUT", 30_000, false, true)]
    [InlineData("PUT", Limit, false, true)]
    [InlineData("PUT", Limit, true, true)]
    [InlineData("PUT", Limit + 1, false, false)]
    [InlineData("PUT", Limit + 1, true, false)]
    [InlineData("DELETE", 1000, true, true)]
    [InlineData("POST", 1, false, false)]
    public async Task A_body_is_replayed_byte_for_byte_within_the_limit_when_it_may_be(string method, int length, bool isChunked, bool again)
    {
        var seen = new TaskCompletionSource<HttpMessage>();
        await using var resetting = new RawEndpoint("resetting", async wire =>
        {
            seen.TrySetResult(await wire.ReadRequestAsync());
            wire.Reset();
        });
        await using var alive = new RawEndpoint("alive");
        await UseAsync("api", resetting, alive);
        var body = RandomNumberGenerator.GetBytes(length);
        using var client = await fixture.Lb.ConnectAsync();

        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: {Host("api")}\r\n{(isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {length}")}\r\n\r\n");
        for (var at = 0; at < length; at += 10_000)
        {
            var part = body[at..Math.Min(at + 10_000, length)];
            await (isChunked ? client.SendChunkAsync(part) : client.SendAsync(part));
        }
        if (isChunked)
        {
            await client.SendChunkAsync([]);
        }
        var answer = await client.ReadAnswerAsync();

        Assert.Equal(body, (await seen.Task).Body);
        Assert.Equal(again ? 200 : 502, answer.Status);
        Assert.Equal(again ? [Convert.ToHexString(body)] : [], alive.Requests.Select(static request => Convert.ToHexString(request.Body)));
        // The client's connection goes on where the request ended.
        if (again)
        {
            await client.SendAsync($"GET /next HTTP/1.1\r\nHost: {Host("none")}\r\n\r\n");
            Assert.Equal(404, (await client.ReadAnswerAsync()).Status);
        }
        await AssertFailuresAsync("api", resetting, 1);
    }

    [Fact]
    public async Task A_body_is_replayed_after_a_chosen_status_too()
    {
        await using var failing = new RawEndpoint("failing", RawEndpoint.Answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
        await using var alive = new RawEndpoint("alive");
        await UseAsync("api", failing, alive);

        var answer = await fixture.Lb.AskAsync($"PUT / HTTP/1.1\r\nHost: {Host("api")}\r\nContent-Length: 4\r\n\r\nbody");

        Assert.Equal(200, answer.Status);
        Assert.Equal("body", alive.Requests.Single().Text);
    }

    /// <summary>The endpoint ends the first attempt in the middle of the upload: the rest comes from the client, once.</summary>
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task An_upload_that_is_interrupted_goes_on_at_another_endpoint_from_its_start(string clientVersion)
    {
        Assert.SkipUnless(Engine.IsKestrel, "HTTP/2 is spoken by the kestrel engine");
        await using var interrupting = await KestrelEndpoint.StartAsync(
            static async context =>
            {
                await context.Request.Body.ReadExactlyAsync(new byte[1000]);
                context.Abort();
            },
            HttpProtocols.Http2);
        byte[]? received = null;
        await using var alive = await KestrelEndpoint.StartAsync(
            async context =>
            {
                using var all = new MemoryStream();
                await context.Request.Body.CopyToAsync(all);
                received = all.ToArray();
            },
            HttpProtocols.Http2);
        await fixture.Lb.UseAsync("h2c", interrupting.Address, $$"""{ "address": "{{alive.Address}}", "priority": 1 }""");
        var body = RandomNumberGenerator.GetBytes(20_000);
        var first = new TaskCompletionSource();
        using var content = new TwoParts(body, 1000, first.Task);
        using var request = new HttpRequestMessage(HttpMethod.Put, "/") { Version = Version.Parse(clientVersion), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content };
        request.Headers.Host = Host("h2c");
        using var client = fixture.Lb.Client();

        var answering = client.SendAsync(request, TestContext.Current.CancellationToken);
        // The second attempt is under way and has got what the first one had.
        await Eventually.True(async () => (await fixture.Lb.EndpointAsync("h2c", alive.Address)).GetProperty("inFlight").GetInt32() == 1, "the other endpoint is asked");
        first.SetResult();
        using var answer = await answering;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Convert.ToHexString(body), Convert.ToHexString(received!));
        await fixture.Lb.WaitForIdleAsync("h2c");
    }

    [Fact]
    public async Task An_answer_that_is_interrupted_during_the_upload_is_the_endpoints_failure()
    {
        Assert.SkipUnless(Engine.IsKestrel, "HTTP/2 is spoken by the kestrel engine");
        await using var interrupting = await KestrelEndpoint.StartAsync(
            static async context =>
            {
                await context.Response.StartAsync();
                await context.Request.Body.ReadExactlyAsync(new byte[1000]);
                context.Abort();
            },
            HttpProtocols.Http2);
        await fixture.Lb.UseAsync("h2c", interrupting.Address);
        var before = await FailuresAsync();

        for (var i = 0; i < 10; i++)
        {
            using var client = await fixture.Lb.ConnectAsync();
            await client.SendAsync($"PUT / HTTP/1.1\r\nHost: {Host("h2c")}\r\nContent-Length: 20000\r\n\r\n", new byte[1000]);
            await client.WaitForCloseAsync();
        }

        await fixture.Lb.WaitForIdleAsync("h2c");
        Assert.Equal(before + 10, await FailuresAsync());

        async Task<long> FailuresAsync() => (await fixture.Lb.EndpointAsync("h2c", interrupting.Address)).GetProperty("failures").GetInt64();
    }

    [Fact]
    public async Task After_a_timeout_another_endpoint_is_asked_where_the_service_says_so()
    {
        await using var hanging = new RawEndpoint("hanging", HangAsync);
        await using var alive = new RawEndpoint("alive");
        await UseAsync("timeout", hanging, alive);

        Assert.Equal("alive", (await fixture.Lb.AskAsync($"PUT / HTTP/1.1\r\nHost: {Host("timeout")}\r\nContent-Length: 4\r\n\r\nbody")).Text);
        Assert.Equal("body", alive.Requests.Single().Text);
        await AssertFailuresAsync("timeout", hanging, 1);

        Assert.Equal(504, (await fixture.Lb.AskAsync($"POST / HTTP/1.1\r\nHost: {Host("timeout")}\r\nContent-Length: 4\r\n\r\nbody")).Status);
        Assert.Single(alive.Requests);
    }

    [Fact]
    public async Task A_client_that_leaves_during_a_retry_leaves_no_lease()
    {
        await using var resetting = new RawEndpoint("resetting", static async wire =>
        {
            await wire.ReadRequestAsync();
            wire.Reset();
        });
        var gone = new TaskCompletionSource();
        await using var hanging = new RawEndpoint("hanging", async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.WaitForCloseAsync();
            gone.SetResult();
        });
        await UseAsync("api", resetting, hanging);
        using (var client = await fixture.Lb.ConnectAsync())
        {
            await client.SendAsync($"PUT / HTTP/1.1\r\nHost: {Host("api")}\r\nContent-Length: 4\r\n\r\nbody");
            await Eventually.True(() => hanging.Connections.Any(static wire => wire.Received.EndsWith("body", StringComparison.Ordinal)), "the second attempt is under way");
            client.Reset();
        }

        await gone.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await fixture.Lb.WaitForIdleAsync("api");
        await AssertFailuresAsync("api", hanging, 0);
    }

    [Fact]
    public async Task The_budget_refuses_to_repeat_what_was_sent_but_not_what_was_not()
    {
        await using var resetting = new RawEndpoint("resetting", static async wire =>
        {
            await wire.ReadRequestAsync();
            wire.Reset();
        });
        await using var alive = new RawEndpoint("alive");
        await UseAsync("poor", resetting, alive);
        Assert.Equal(502, (await fixture.Lb.GetAsync(Host("poor"))).Status);

        await resetting.DisposeAsync();

        Assert.Equal("alive", (await fixture.Lb.GetAsync(Host("poor"))).Text);
    }

    [Fact]
    public async Task Without_connectFailure_a_refused_connection_is_the_answer()
    {
        await using var alive = new RawEndpoint("alive");
        await fixture.Lb.UseAsync("strict", LbConfig.Loopback(Ports.Free()), $$"""{ "address": "{{alive.Address}}", "priority": 1 }""");

        Assert.Equal("connect_failed", (await fixture.Lb.GetAsync(Host("strict"))).Field("X-Lb-Reason"));
    }

    private static string Host(string service) => $"{service}.haproxy.service.consul";

    private static async Task HangAsync(Wire wire)
    {
        await wire.ReadRequestAsync();
        await wire.WaitForCloseAsync();
    }

    private Task UseAsync(string service, RawEndpoint first, RawEndpoint second) =>
        fixture.Lb.UseAsync(service, first.Address, $$"""{ "address": "{{second.Address}}", "priority": 1 }""");

    private async Task AssertFailuresAsync(string service, RawEndpoint endpoint, long failures)
    {
        await fixture.Lb.WaitForIdleAsync(service);
        Assert.Equal(failures, (await fixture.Lb.EndpointAsync(service, endpoint.Address)).GetProperty("failures").GetInt64());
    }

    /// <summary>A body whose second part comes when it is told to.</summary>
    private sealed class TwoParts : HttpContent
    {
        private readonly byte[] _body;
        private readonly int _first;
        private readonly Task _second;

        public TwoParts(byte[] body, int first, Task second)
        {
            _body = body;
            _first = first;
            _second = second;
            Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_body.AsMemory(0, _first));
            await stream.FlushAsync();
            await _second;
            await stream.WriteAsync(_body.AsMemory(_first));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _body.Length;
            return true;
        }
    }

    public sealed class Fixture : LbFixture
    {
        protected override void Configure(LbConfig config)
        {
            void Add(string service, string policy) => config.Service(service, LbConfig.Loopback(Ports.Free())).Policy(service, policy);
            config.Policy("api", """{ "retry": { "statuses": [502, 503] } }""");
            Add("h2c", """{ "protocol": "h2c" }""");
            Add("timeout", """{ "timeouts": { "firstByte": "500ms" }, "retry": { "on": ["timeout"] } }""");
            Add("poor", """{ "retry": { "budget": { "ratio": 0, "minimumPerSecond": 0 } } }""");
            Add("strict", """{ "retry": { "on": ["reset"] } }""");
        }
    }
}
