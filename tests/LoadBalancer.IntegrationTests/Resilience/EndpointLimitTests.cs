using System.Globalization;
using System.Text.Json;
using LoadBalancer.IntegrationTests.Harness;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.IntegrationTests.Resilience;

/// <summary>What an endpoint carries at most, seen from outside.</summary>
public sealed class EndpointLimitTests(EndpointLimitTests.Fixture fixture) : IClassFixture<EndpointLimitTests.Fixture>
{
    [Fact]
    public async Task The_queue_drains_in_order_of_arrival_without_those_who_left()
    {
        await using var endpoint = await EndpointAsync("order");
        var answer = Hold(endpoint);
        var answers = new List<Task<HttpMessage>> { GetAsync("order", "/first") };
        await Eventually.True(() => endpoint.Accepted == 1, "the endpoint has the request");
        var leavers = new List<Wire>();
        for (var i = 0; i < 12; i++)
        {
            if (i % 3 == 1)
            {
                var leaver = await fixture.Lb.ConnectAsync();
                leavers.Add(leaver);
                await leaver.SendAsync($"GET /left HTTP/1.1\r\nHost: {Host("order")}\r\n\r\n");
            }
            else
            {
                answers.Add(GetAsync("order", string.Create(CultureInfo.InvariantCulture, $"/{i}")));
            }
            await WaitForWaitingAsync("order", i + 1);
        }
        leavers.ForEach(static leaver => leaver.Reset());
        await WaitForWaitingAsync("order", 8);

        answer.SetResult();

        Assert.All(await Task.WhenAll(answers), static message => Assert.Equal(200, message.Status));
        Assert.Equal(["/first", "/0", "/2", "/3", "/5", "/6", "/8", "/9", "/11"], endpoint.Requests.Select(static request => request.Target));
        await fixture.Lb.WaitForIdleAsync("order");
    }

    [Theory]
    [InlineData("full", "endpoints_full")]
    [InlineData("timeout", "queue_timeout")]
    public async Task Beyond_the_limit_a_request_gets_503_until_there_is_room(string service, string reason)
    {
        await using var endpoint = await EndpointAsync(service);
        var answer = Hold(endpoint);
        var first = GetAsync(service);
        await Eventually.True(() => endpoint.Accepted == 1, "the endpoint has the request");

        var refused = await GetAsync(service);

        Assert.Equal((503, reason, "1"), (refused.Status, refused.Field("X-Lb-Reason"), refused.Field("Retry-After")));
        var shown = await fixture.Lb.EndpointAsync(service, endpoint.Address);
        Assert.Equal((1, 1), (shown.GetProperty("inFlight").GetInt32(), shown.GetProperty("maxInFlight").GetInt32()));
        answer.SetResult();
        Assert.Equal(200, (await first).Status);
        await fixture.Lb.WaitForIdleAsync(service);
        Assert.Equal(200, (await GetAsync(service)).Status);
    }

    [Fact]
    public async Task Under_load_no_endpoint_ever_has_more_than_its_limit()
    {
        var a = new Load();
        var b = new Load();
        await using var one = await KestrelEndpoint.StartAsync(a.HandleAsync);
        await using var two = await KestrelEndpoint.StartAsync(b.HandleAsync);
        await fixture.Lb.UseAsync("load", one.Address, two.Address);
        using var client = fixture.Lb.Client();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
        {
            for (var i = 0; i < 25; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = Host("load") } };
                using var answer = await client.SendAsync(request);
                Assert.Equal(200, (int)answer.StatusCode);
            }
        }));
        Assert.Equal((Fixture.LoadLimit, Fixture.LoadLimit, 800), (a.Most, b.Most, a.Count + b.Count));
    }

    [Fact]
    public async Task A_place_goes_to_an_endpoint_that_comes_and_without_endpoints_the_wait_ends()
    {
        await using var slow = await EndpointAsync("moving");
        var answer = Hold(slow);
        var first = GetAsync("moving");
        await Eventually.True(() => slow.Accepted == 1, "the endpoint has the request");
        var second = GetAsync("moving");
        await WaitForWaitingAsync("moving", 1);

        await using var other = new RawEndpoint("other");
        var held = Hold(other);
        await fixture.Lb.UseAsync("moving", slow.Address, other.Address);
        await Eventually.True(() => other.Accepted == 1, "the endpoint that came has the request that waited");

        var third = GetAsync("moving");
        await WaitForWaitingAsync("moving", 1);
        await fixture.Lb.UseAsync("moving");
        Assert.Equal("no_endpoint", (await third).Field("X-Lb-Reason"));
        answer.SetResult();
        held.SetResult();
        Assert.Equal((200, 200), ((await first).Status, (await second).Status));
    }

    [Fact]
    public async Task A_tcp_connection_waits_for_its_turn_and_is_closed_when_that_does_not_come()
    {
        await using var endpoint = await EndpointAsync("tcp");
        using var first = await Wire.ConnectAsync(fixture.TcpPort);
        await AskAsync(first);
        using var second = await Wire.ConnectAsync(fixture.TcpPort);
        await WaitForWaitingAsync("tcp", 1);
        using (var third = await Wire.ConnectAsync(fixture.TcpPort))
        {
            // One may wait.
            await third.WaitForCloseAsync();
        }
        var answered = AskAsync(second);
        Assert.Equal(1, endpoint.Accepted);

        first.Dispose();

        await answered;
        Assert.Equal(2, endpoint.Accepted);
        fixture.Lb.Config.Policy("tcp", """{ "endpointLimits": { "maxConnections": 1, "queue": 1, "queueTimeout": "50ms" } }""");
        await fixture.Lb.ApplyAsync();
        using var late = await Wire.ConnectAsync(fixture.TcpPort);
        await late.WaitForCloseAsync();
        Assert.Empty(late.Received);

        static async Task AskAsync(Wire wire)
        {
            await wire.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            Assert.Equal(200, (await wire.ReadAnswerAsync()).Status);
        }
    }

    private static string Host(string service) => $"{service}.haproxy.service.consul";

    private Task<HttpMessage> GetAsync(string service, string target = "/") => fixture.Lb.GetAsync(Host(service), target);

    private async Task<RawEndpoint> EndpointAsync(string service)
    {
        var endpoint = new RawEndpoint(service);
        await fixture.Lb.UseAsync(service, endpoint.Address);
        return endpoint;
    }

    private Task WaitForWaitingAsync(string service, int count) => Eventually.True(
        async () => (await fixture.Lb.ServiceAsync(service)).GetProperty("waiting") is { ValueKind: JsonValueKind.Number } waiting && waiting.GetInt32() == count,
        $"{count} wait for {service}");

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

    /// <summary>An endpoint's own count of what it has at once. Nobody is answered before the limit is reached for the first time.</summary>
    private sealed class Load
    {
        private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _now;
        private int _most;
        private int _count;

        public int Most => _most;

        public int Count => _count;

        public async Task HandleAsync(HttpContext context)
        {
            Interlocked.Increment(ref _count);
            var now = Interlocked.Increment(ref _now);
            for (var most = _most; now > most; most = _most)
            {
                Interlocked.CompareExchange(ref _most, now, most);
            }
            if (now == Fixture.LoadLimit)
            {
                _full.TrySetResult();
            }
            await _full.Task;
            await Task.Yield();
            Interlocked.Decrement(ref _now);
            await context.Response.WriteAsync("ok");
        }
    }

    public sealed class Fixture : LbFixture
    {
        public const int LoadLimit = 4;

        public int TcpPort { get; } = Ports.Free();

        protected override void Configure(LbConfig config)
        {
            void Add(string service, string limits) => config.Service(service, LbConfig.Loopback(Ports.Free())).Policy(service, $$"""{ "endpointLimits": {{limits}} }""");
            Add("order", """{ "maxConnections": 1, "queue": 20, "queueTimeout": "1m" }""");
            Add("full", """{ "maxRequests": 1, "queue": 0 }""");
            Add("timeout", """{ "maxRequests": 1, "queue": 1, "queueTimeout": "50ms" }""");
            Add("load", $$"""{ "maxRequests": {{LoadLimit}}, "queue": 100, "queueTimeout": "1m" }""");
            Add("moving", """{ "maxRequests": 1, "queueTimeout": "1m" }""");
            config.Tcp("tcp", TcpPort, "tcp", LbConfig.Loopback(Ports.Free()));
            config.Policy("tcp", """{ "endpointLimits": { "maxConnections": 1, "queue": 1, "queueTimeout": "1m" } }""");
        }
    }
}
