using System.Diagnostics;
using System.Globalization;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Resilience;

/// <summary>What keeps a request from a service, seen from outside.</summary>
public sealed class GuardTests(GuardTests.Fixture fixture, ITestOutputHelper output) : IClassFixture<GuardTests.Fixture>
{
    [Fact]
    public async Task Beyond_the_rate_of_its_key_a_request_gets_429_and_when_to_come_again()
    {
        await using var endpoint = await EndpointAsync("rate");

        Assert.Equal((200, 200), ((await GetAsync("rate", "X-Key: a\r\n")).Status, (await GetAsync("rate", "X-Key: a\r\n")).Status));

        var refused = await GetAsync("rate", "X-Key: a\r\n");
        Assert.Equal((429, "rate_limited"), (refused.Status, refused.Field("X-Lb-Reason")));
        Assert.InRange(int.Parse(refused.Field("Retry-After")!, CultureInfo.InvariantCulture), 1, 1000);
        Assert.Equal(200, (await GetAsync("rate", "X-Key: b\r\n")).Status);
        Assert.Equal(3, endpoint.Requests.Count);
    }

    [Fact]
    public async Task Requests_pass_at_the_set_rate_and_the_others_get_429()
    {
        await using var endpoint = await EndpointAsync("paced");
        using var client = fixture.Lb.Client();
        var passed = 0;
        var refused = 0;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(3))
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = Host("paced") } };
                using var answer = await client.SendAsync(request);
                Assert.True((int)answer.StatusCode is 200 or 429);
                _ = answer.IsSuccessStatusCode ? Interlocked.Increment(ref passed) : Interlocked.Increment(ref refused);
            }
        }));
        // Of the time that it really took. The burst makes up for some of what a slow machine cannot ask for in time.
        var expected = Fixture.PacedBurst + (Fixture.PacedRate * Stopwatch.GetElapsedTime(started).TotalSeconds);
        output.WriteLine($"{passed} passed, {refused} refused; {expected:0} should pass");
        Assert.InRange(passed / expected, 0.5, 1.05);
        Assert.Equal(passed, endpoint.Requests.Count);
        var guard = (await fixture.Lb.ServiceAsync("paced")).GetProperty("guard");
        Assert.Equal(refused, guard.GetProperty("rateLimited").GetInt64());
    }

    [Theory]
    [InlineData("full", "queue_full")]
    [InlineData("timeout", "queue_timeout")]
    [InlineData("adaptive", "overloaded")]
    public async Task Beyond_the_limit_at_once_a_request_gets_503_until_a_place_is_free(string service, string reason)
    {
        await using var endpoint = await EndpointAsync(service);
        var answer = Hold(endpoint);
        var first = GetAsync(service);
        await Eventually.True(() => endpoint.Accepted == 1, "the endpoint has the request");

        var refused = await GetAsync(service);

        Assert.Equal((503, reason, "1"), (refused.Status, refused.Field("X-Lb-Reason"), refused.Field("Retry-After")));
        answer.SetResult();
        Assert.Equal(200, (await first).Status);
        // The place is given back just after the answer has gone out.
        await Eventually.True(async () => (await GetAsync(service)).Status == 200, "there is a place again");
    }

    [Fact]
    public async Task One_that_waits_is_served_when_a_place_is_free_and_one_that_left_is_not()
    {
        await using var endpoint = await EndpointAsync("queue");
        var answer = Hold(endpoint);
        var first = GetAsync("queue");
        await Eventually.True(() => endpoint.Accepted == 1, "the endpoint has the request");
        using (var leaver = await fixture.Lb.ConnectAsync())
        {
            await leaver.SendAsync($"GET /left HTTP/1.1\r\nHost: {Host("queue")}\r\n\r\n");
            leaver.Reset();
        }
        var second = GetAsync("queue");

        answer.SetResult();

        Assert.Equal((200, 200), ((await first).Status, (await second).Status));
        Assert.Equal(200, (await GetAsync("queue")).Status);
    }

    [Fact]
    public async Task A_service_that_fails_is_not_asked_for_a_while_and_closes_when_it_recovers()
    {
        await using var endpoint = await EndpointAsync("breaker");
        endpoint.Script = RawEndpoint.Answering("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        for (var i = 0; i < 3; i++)
        {
            Assert.Null((await GetAsync("breaker")).Field("X-Lb-Reason"));
        }
        var refused = await GetAsync("breaker");
        Assert.Equal((503, "breaker_open"), (refused.Status, refused.Field("X-Lb-Reason")));

        endpoint.Script = endpoint.ServeAsync;
        endpoint.ResetConnections();

        await Eventually.True(async () => (await GetAsync("breaker")).Status == 200, "a probe has closed it");
        Assert.Equal(200, (await GetAsync("breaker")).Status);
    }

    [Fact]
    public async Task A_tcp_connection_beyond_the_limit_is_closed()
    {
        await using var endpoint = await EndpointAsync("tcp");
        using (var first = await Wire.ConnectAsync(fixture.TcpPort))
        {
            await AskAsync(first);
            using var second = await Wire.ConnectAsync(fixture.TcpPort);
            await second.WaitForCloseAsync();
            Assert.Empty(second.Received);
        }
        await Eventually.True(
            async () =>
            {
                using var third = await Wire.ConnectAsync(fixture.TcpPort);
                await AskAsync(third);
                return true;
            },
            "there is a place again");

        static async Task AskAsync(Wire wire)
        {
            await wire.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            Assert.Equal(200, (await wire.ReadAnswerAsync()).Status);
        }
    }

    private static string Host(string service) => $"{service}.haproxy.service.consul";

    private Task<HttpMessage> GetAsync(string service, string fields = "") => fixture.Lb.GetAsync(Host(service), fields: fields);

    private async Task<RawEndpoint> EndpointAsync(string service)
    {
        var endpoint = new RawEndpoint(service);
        await fixture.Lb.UseAsync(service, endpoint.Address);
        return endpoint;
    }

    /// <summary>Keeps the endpoint's first connection from being answered until the result is set.</summary>
    private static TaskCompletionSource Hold(RawEndpoint endpoint)
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        endpoint.Script = async wire =>
        {
            await answer.Task;
            await endpoint.ServeAsync(wire);
        };
        return answer;
    }

    public sealed class Fixture : LbFixture
    {
        public const int PacedRate = 100;
        public const int PacedBurst = 50;

        public int TcpPort { get; } = Ports.Free();

        protected override void Configure(LbConfig config)
        {
            void Add(string service, string policy) => config.Service(service, LbConfig.Loopback(Ports.Free())).Policy(service, policy);
            Add("rate", """{ "rateLimit": { "rate": 0.01, "burst": 2, "per": "header:X-Key" } }""");
            Add("paced", $$"""{ "rateLimit": { "rate": {{PacedRate}}, "burst": {{PacedBurst}} } }""");
            Add("full", """{ "limits": { "maxRequests": 1 } }""");
            Add("timeout", """{ "limits": { "maxRequests": 1, "queue": 1, "queueTimeout": "50ms" } }""");
            Add("queue", """{ "limits": { "maxRequests": 1, "queue": 10, "queueTimeout": "1m" } }""");
            Add("adaptive", """{ "adaptiveLimit": { "min": 1, "initial": 1, "max": 1 } }""");
            Add("breaker", """{ "breaker": { "minimumRequests": 3, "openFor": "2s", "openForMax": "2s", "probes": 1 } }""");
            config.Tcp("tcp", TcpPort, "tcp", LbConfig.Loopback(Ports.Free()));
            config.Policy("tcp", """{ "limits": { "maxRequests": 1 } }""");
        }
    }
}
