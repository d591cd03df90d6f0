using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Resilience;

/// <summary>Endpoints that take connections and fail all the same, seen from outside.</summary>
public sealed class OutlierTests(OutlierTests.Fixture fixture) : IClassFixture<OutlierTests.Fixture>
{
    private LbProcess Lb => fixture.Lb;

    [Fact]
    public async Task An_endpoint_that_answers_500_to_half_leaves_within_seconds_and_returns_when_it_recovers()
    {
        var (asked, isSick) = (0, true);
        await using var sick = new RawEndpoint("sick", RawEndpoint.Answering(_ =>
            // Every other one, so that there are never two in a row.
            Interlocked.Increment(ref asked) % 2 == 0 && Volatile.Read(ref isSick)
                ? "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
                : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        await using var first = new RawEndpoint("first");
        await using var second = new RawEndpoint("second");
        await Lb.UseAsync("half", sick.Address, first.Address, second.Address);

        await Eventually.True(
            async () =>
            {
                await AskAsync("half", 10);
                return await StateAsync("half", sick) == "ejected";
            },
            "it is ejected");
        Assert.Matches("^success rate [456]\\d?", (await Lb.EndpointAsync("half", sick.Address)).GetProperty("reason").GetString());
        await Eventually.True(
            async () =>
            {
                // It is tried again now and then: what counts is a time in which it is out.
                var before = Volatile.Read(ref asked);
                var state = await StateAsync("half", sick);
                var statuses = await AskAsync("half", 20);
                return (state, await StateAsync("half", sick)) == ("ejected", "ejected") && Volatile.Read(ref asked) == before && statuses.All(static status => status == 200);
            },
            "it gets nothing and no request fails");

        Volatile.Write(ref isSick, false);

        await Eventually.True(
            async () =>
            {
                var before = Volatile.Read(ref asked);
                await AskAsync("half", 30);
                return await StateAsync("half", sick) == "available" && Volatile.Read(ref asked) - before == 10;
            },
            "it has its third again");
    }

    [Fact]
    public async Task An_endpoint_that_hangs_costs_requests_up_to_the_timeout_and_is_ejected()
    {
        await using var hanging = new RawEndpoint("hanging", static async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.WaitForCloseAsync();
        });
        await using var alive = new RawEndpoint("alive");
        await Lb.UseAsync("hang", hanging.Address, alive.Address);

        var statuses = await AskAsync("hang", 12);

        Assert.Equal((5, 7), (statuses.Count(static status => status == 504), statuses.Count(static status => status == 200)));
        var endpoint = await Lb.EndpointAsync("hang", hanging.Address);
        Assert.Equal(("ejected", "5 errors in a row"), (endpoint.GetProperty("state").GetString(), endpoint.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Without_enough_endpoints_the_service_panics_as_it_was_told_to()
    {
        await using var alive = new RawEndpoint("alive");
        await using var other = new RawEndpoint("other");
        await Lb.UseAsync("panic", alive.Address, LbConfig.Loopback(Ports.Free()));
        // Whichever is asked first, the other one is found out sooner or later.
        await Eventually.True(async () => (await Lb.GetAsync("panic.haproxy.service.consul")).Status == 503, "requests are refused");
        await Lb.UseAsync("panic", alive.Address, other.Address);
        Assert.False((await Lb.ServiceAsync("panic")).GetProperty("panic").GetBoolean());
        Assert.Equal(200, (await Lb.GetAsync("panic.haproxy.service.consul")).Status);
        Assert.Contains(Lb.Process.Lines, static line => line.Contains("panic: panic, too few endpoints are available", StringComparison.Ordinal));
    }

    private async Task<string?> StateAsync(string service, RawEndpoint endpoint) =>
        (await Lb.EndpointAsync(service, endpoint.Address)).GetProperty("state").GetString();

    private async Task<List<int>> AskAsync(string service, int count)
    {
        var statuses = new List<int>(count);
        for (var i = 0; i < count; i++)
        {
            statuses.Add((await Lb.GetAsync($"{service}.haproxy.service.consul")).Status);
        }
        return statuses;
    }

    public sealed class Fixture : LbFixture
    {
        protected override void Configure(LbConfig config)
        {
            void Add(string service, string policy) => config.Service(service, LbConfig.Loopback(Ports.Free())).Policy(service, policy);
            Add("half", """{ "outliers": { "statuses": ["5xx"], "successRate": { "interval": "1s", "minimumRequests": 5 }, "ejectionTime": "2s", "maxEjectionTime": "4s" } }""");
            Add("hang", """{ "balance": "roundRobin", "timeouts": { "idle": "200ms" }, "outliers": { "ejectionTime": "10m", "maxEjectionTime": "10m" } }""");
            Add("panic", """{ "panicThreshold": 60 }""");
        }
    }
}
