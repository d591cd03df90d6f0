using System.Diagnostics;
using System.Net.Sockets;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Resilience;

/// <summary>
/// Each phase of a request ends in its own time. That an answer comes at all is the proof: the idle timeout, which would
/// end it otherwise, is longer than a test waits.
/// </summary>
public sealed class TimeoutTests(TimeoutTests.Fixture fixture) : IClassFixture<TimeoutTests.Fixture>
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: first.haproxy.service.consul\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: first.haproxy.service.consul\r\nContent-Length: 4\r\n\r\nbody")]
    public async Task An_endpoint_that_hangs_costs_a_request_the_time_for_the_first_byte_and_counts_as_failed(string request)
    {
        await using var hanging = await EndpointAsync("first", HangAsync);

        var answer = await fixture.Lb.AskAsync(request);

        Assert.Equal((504, "upstream_timeout"), (answer.Status, answer.Field("X-Lb-Reason")));
        Assert.Equal(1, hanging.Accepted);
        Assert.Equal((0, 1), await CountsAsync("first"));
    }

    [Fact]
    public async Task An_upload_may_take_longer_than_the_first_byte_of_the_answer()
    {
        await using var endpoint = await EndpointAsync("upload");
        using var client = await fixture.Lb.ConnectAsync();
        await client.SendAsync($"PUT / HTTP/1.1\r\nHost: {Host("upload")}\r\nContent-Length: 6\r\n\r\n");
        for (var i = 0; i < 6; i++)
        {
            // Altogether longer than the limit.
            await Task.Delay(500, TestContext.Current.CancellationToken);
            await client.SendAsync("x");
        }

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        Assert.Equal("xxxxxx", endpoint.Requests.Single().Text);
    }

    [Fact]
    public async Task A_long_body_of_an_answer_is_not_cut_by_the_first_bytes_time()
    {
        await using var endpoint = await EndpointAsync("first", static async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsl");
            await Task.Delay(800);
            await wire.SendAsync("ow");
        });

        Assert.Equal("slow", (await fixture.Lb.GetAsync(Host("first"))).Text);
    }

    [Fact]
    public async Task A_client_that_stops_sending_gets_408_and_the_endpoint_is_not_to_blame()
    {
        await using var endpoint = await EndpointAsync("idle");
        using var client = await fixture.Lb.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {Host("idle")}\r\nContent-Length: 100\r\n\r\nonly the beginning");

        var answer = await client.ReadAnswerAsync();

        Assert.Equal((408, "client_timeout"), (answer.Status, answer.Field("X-Lb-Reason")));
        Assert.Equal((0, 0), await CountsAsync("idle"));
    }

    [Fact]
    public async Task An_endpoint_that_falls_silent_before_the_body_of_its_answer_ends_with_504_or_a_cut()
    {
        await using var endpoint = await EndpointAsync("idle", static async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
            await wire.WaitForCloseAsync();
        });

        if (Engine.IsKestrel)
        {
            var answer = await fixture.Lb.GetAsync(Host("idle"));
            Assert.Equal((504, "upstream_timeout"), (answer.Status, answer.Field("X-Lb-Reason")));
        }
        else
        {
            // Its head goes on at once: what is missing must not be taken for all.
            await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => fixture.Lb.GetAsync(Host("idle")));
        }
        Assert.Equal((0, 1), await CountsAsync("idle"));
    }

    [Fact]
    public async Task The_time_of_the_whole_request_ends_all_attempts()
    {
        var endpoints = Enumerable.Range(0, 8).Select(static i => new RawEndpoint($"e{i}", HangAsync)).ToArray();
        await fixture.Lb.UseAsync("whole", [.. endpoints.Select(static endpoint => endpoint.Address)]);

        var answer = await fixture.Lb.GetAsync(Host("whole"));

        Assert.Equal((504, "request_timeout"), (answer.Status, answer.Field("X-Lb-Reason")));
        // 300 ms each of a second.
        Assert.InRange(endpoints.Sum(static endpoint => endpoint.Accepted), 1, 4);
        await fixture.Lb.WaitForIdleAsync("whole");
        foreach (var endpoint in endpoints)
        {
            await endpoint.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\nonly the beginning")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n")]
    [InlineData("Connection: close\r\n\r\nuntil the end")]
    public async Task An_answer_that_has_begun_when_the_time_is_over_is_never_complete_for_the_client(string rest)
    {
        await using var endpoint = await EndpointAsync("whole", async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\n" + rest);
            // Bytes move, so that it is neither silent nor late to begin.
            while (rest.Contains("chunked", StringComparison.Ordinal))
            {
                await wire.SendChunkAsync("more"u8);
                await Task.Delay(50);
            }
            await wire.WaitForCloseAsync();
        });
        using var client = await fixture.Lb.ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Host("whole")}\r\n\r\n");

        var error = await Record.ExceptionAsync(() => client.ReadAnswerAsync());

        Assert.True(error is EndOfStreamException or SocketException, $"{error}");
        Assert.StartsWith("HTTP/1.1 200", client.Received, StringComparison.Ordinal);
        await fixture.Lb.WaitForIdleAsync("whole");
        // The client may have been the slow one.
        Assert.Equal((0, 0), await CountsAsync("whole"));
    }

    [Fact]
    public async Task A_tunnel_lasts_while_it_is_used_and_ends_when_it_is_idle()
    {
        await using var endpoint = await EndpointAsync("tunnel", static async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            while (true)
            {
                await wire.SendAsync(await wire.ReadAsync(1));
            }
        });
        using var client = await fixture.Lb.ConnectAsync();
        await client.SendAsync(Upgrade);
        Assert.Equal(101, (await client.ReadAnswerAsync()).Status);

        // Longer than any limit of the service but that of tunnels.
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(1.5);)
        {
            await client.SendAsync("x");
            Assert.Single(await client.ReadAsync(1));
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        await client.WaitForCloseAsync();

        await fixture.Lb.WaitForIdleAsync("tunnel");
        Assert.Equal((0, 0), await CountsAsync("tunnel"));
    }

    [Fact]
    public async Task A_tunnel_ends_with_its_lifetime_though_it_is_used()
    {
        await using var endpoint = await EndpointAsync("lifetime", static async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            for (var ended = wire.WaitForCloseAsync(); !ended.IsCompleted;)
            {
                await wire.SendAsync("x");
                await Task.WhenAny(ended, Task.Delay(50));
            }
        });
        using var client = await fixture.Lb.ConnectAsync();
        await client.SendAsync(Upgrade.Replace("tunnel", "lifetime", StringComparison.Ordinal));
        Assert.Equal(101, (await client.ReadAnswerAsync()).Status);

        // It gets something all the time.
        await client.WaitForCloseAsync();

        Assert.Equal((0, 0), await CountsAsync("lifetime"));
    }

    [Fact]
    public async Task A_tunnel_that_is_not_accepted_ends_like_any_request()
    {
        await using var hanging = await EndpointAsync("tunnel", HangAsync);

        var answer = await fixture.Lb.AskAsync(Upgrade);

        Assert.Equal((504, "upstream_timeout"), (answer.Status, answer.Field("X-Lb-Reason")));
    }

    private const string Upgrade = "GET / HTTP/1.1\r\nHost: tunnel.haproxy.service.consul\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

    private static string Host(string service) => $"{service}.haproxy.service.consul";

    private static async Task HangAsync(Wire wire)
    {
        await wire.ReadRequestAsync();
        await wire.WaitForCloseAsync();
    }

    private async Task<RawEndpoint> EndpointAsync(string service, Func<Wire, Task>? script = null)
    {
        var endpoint = new RawEndpoint(service, script);
        await fixture.Lb.UseAsync(service, endpoint.Address);
        return endpoint;
    }

    /// <summary>What is in flight at the service's only endpoint, and how often it failed.</summary>
    private async Task<(int InFlight, long Failures)> CountsAsync(string service)
    {
        await fixture.Lb.WaitForIdleAsync(service);
        var endpoint = (await fixture.Lb.ServiceAsync(service)).GetProperty("endpoints")[0];
        return (endpoint.GetProperty("inFlight").GetInt32(), endpoint.GetProperty("failures").GetInt64());
    }

    public sealed class Fixture : LbFixture
    {
        protected override void Configure(LbConfig config)
        {
            void Add(string service, string policy) => config.Service(service, LbConfig.Loopback(Ports.Free())).Policy(service, policy);
            Add("first", """{ "timeouts": { "firstByte": "500ms" } }""");
            Add("upload", """{ "timeouts": { "firstByte": "2s" } }""");
            Add("idle", """{ "timeouts": { "idle": "700ms" } }""");
            Add("whole", """{ "timeouts": { "firstByte": "300ms", "request": "1s" }, "retry": { "attempts": 7, "on": ["timeout"] } }""");
            Add("tunnel", """{ "timeouts": { "firstByte": "500ms", "idle": "600ms", "request": "1s", "tunnel": "2s" } }""");
            Add("lifetime", """{ "timeouts": { "lifetime": "1s" } }""");
        }
    }
}
