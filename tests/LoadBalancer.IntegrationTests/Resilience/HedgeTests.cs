using System.Diagnostics;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Resilience;

/// <summary>A second endpoint is asked when the first one is late. An endpoint of priority 0 is asked first, for certain.</summary>
public sealed class HedgeTests(HedgeTests.Fixture fixture) : IClassFixture<HedgeTests.Fixture>
{
    [Fact]
    public async Task When_one_endpoint_stalls_the_other_answers_and_the_first_is_let_go()
    {
        var gone = new TaskCompletionSource();
        await using var stalling = new RawEndpoint("stalling", async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.WaitForCloseAsync();
            gone.TrySetResult();
        });
        await using var alive = new RawEndpoint("alive");
        await UseAsync("hedged", stalling, alive);

        var answer = await fixture.Lb.GetAsync(Host("hedged"), "/a?b=%20c", "X-One: 1\r\nX-One: 2\r\nCookie: a=b\r\n");

        Assert.Equal((200, "alive"), (answer.Status, answer.Text));
        var sent = Assert.Single(alive.Requests);
        Assert.Equal(("GET /a?b=%20c HTTP/1.1", Host("hedged"), "a=b"), (sent.StartLine, sent.Field("Host"), sent.Field("Cookie")));
        Assert.Equal("1,2", string.Join(',', sent.Values("X-One")).Replace(" ", "", StringComparison.Ordinal));
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await AssertCountsAsync(stalling, 0);
        await AssertCountsAsync(alive, 0);
    }

    [Fact]
    public async Task One_that_answers_in_time_is_asked_alone()
    {
        await using var first = new RawEndpoint("first");
        await using var second = new RawEndpoint("second");
        await UseAsync("late", first, second);

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("first", (await fixture.Lb.GetAsync(Host("late"))).Text);
        }

        Assert.Empty(second.Requests);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: hedged.haproxy.service.consul\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: hedged.haproxy.service.consul\r\nContent-Length: 4\r\n\r\nbody")]
    [InlineData("PATCH / HTTP/1.1\r\nHost: hedged.haproxy.service.consul\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nHost: hedged.haproxy.service.consul\r\nContent-Length: 4\r\n\r\nbody")]
    public async Task What_may_not_be_done_twice_or_has_a_body_is_never_hedged(string request)
    {
        await using var stalling = new RawEndpoint("stalling", StallAsync);
        await using var alive = new RawEndpoint("alive");
        await UseAsync("hedged", stalling, alive);

        Assert.Equal(504, (await fixture.Lb.AskAsync(request)).Status);

        Assert.Equal((1, 0), (stalling.Accepted, alive.Accepted));
    }

    [Fact]
    public async Task An_answer_that_is_a_failure_does_not_win_over_one_that_is_to_come()
    {
        var failed = new TaskCompletionSource();
        await using var slow = new RawEndpoint("slow");
        slow.Script = async wire =>
        {
            await failed.Task;
            await slow.ServeAsync(wire);
        };
        await using var failing = new RawEndpoint("failing", async wire =>
        {
            await wire.ReadRequestAsync();
            await wire.SendAsync("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops");
            failed.SetResult();
            await wire.WaitForCloseAsync();
        });
        await UseAsync("hedged", slow, failing);

        Assert.Equal((200, "slow"), await AskAsync());

        await AssertCountsAsync(slow, 0);
    }

    [Fact]
    public async Task A_first_attempt_that_breaks_off_leaves_the_answer_to_the_hedge()
    {
        var hedged = new TaskCompletionSource();
        await using var breaking = new RawEndpoint("breaking", async wire =>
        {
            await wire.ReadRequestAsync();
            await hedged.Task;
            wire.Reset();
        });
        var broken = new TaskCompletionSource();
        await using var second = new RawEndpoint("second");
        second.Script = async wire =>
        {
            hedged.TrySetResult();
            await broken.Task;
            await second.ServeAsync(wire);
        };
        await UseAsync("hedged", breaking, second);

        var asking = AskAsync();
        await hedged.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        broken.SetResult();

        Assert.Equal((200, "second"), await asking);
        Assert.Equal(1, second.Accepted);
    }

    [Fact]
    public async Task When_both_break_off_the_request_fails_once()
    {
        static async Task BreakAsync(Wire wire)
        {
            await wire.ReadRequestAsync();
            await Task.Delay(300);
            wire.Reset();
        }
        await using var first = new RawEndpoint("first", BreakAsync);
        await using var second = new RawEndpoint("second", BreakAsync);
        await UseAsync("once", first, second);

        Assert.Equal(502, (await fixture.Lb.GetAsync(Host("once"))).Status);

        Assert.Equal((1, 1), (first.Accepted, second.Accepted));
        await fixture.Lb.WaitForIdleAsync("once");
    }

    [Fact]
    public async Task A_client_that_leaves_ends_both_attempts()
    {
        await using var first = new RawEndpoint("first", StallAsync);
        await using var second = new RawEndpoint("second", StallAsync);
        await UseAsync("patient", first, second);
        using (var client = await fixture.Lb.ConnectAsync())
        {
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Host("patient")}\r\n\r\n");
            await fixture.Lb.WaitForInFlightAsync("patient", 2);
            client.Reset();
        }

        await fixture.Lb.WaitForIdleAsync("patient");
    }

    [Fact]
    public async Task The_delay_follows_a_percentile_of_recent_answers()
    {
        await using var first = new RawEndpoint("first");
        await using var second = new RawEndpoint("second");
        await UseAsync("percentile", first, second);
        using (var client = await fixture.Lb.ConnectAsync())
        {
            // Enough to know a percentile, and then for longer than one that was read stands.
            var known = new Stopwatch();
            for (var i = 0; known.Elapsed < TimeSpan.FromSeconds(1); i++)
            {
                if (i == 100)
                {
                    known.Start();
                }
                await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Host("percentile")}\r\n\r\n");
                Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
            }
        }
        first.Script = StallAsync;
        first.ResetConnections();

        Assert.Equal("second", (await fixture.Lb.GetAsync(Host("percentile"))).Text);
    }

    private static string Host(string service) => $"{service}.haproxy.service.consul";

    private static async Task StallAsync(Wire wire)
    {
        await wire.ReadRequestAsync();
        await wire.WaitForCloseAsync();
    }

    private async Task<(int Status, string Text)> AskAsync()
    {
        var answer = await fixture.Lb.GetAsync(Host("hedged"));
        return (answer.Status, answer.Text);
    }

    private Task UseAsync(string service, RawEndpoint first, RawEndpoint second) =>
        fixture.Lb.UseAsync(service, first.Address, $$"""{ "address": "{{second.Address}}", "priority": 1 }""");

    private async Task AssertCountsAsync(RawEndpoint endpoint, long failures)
    {
        await fixture.Lb.WaitForIdleAsync("hedged");
        var shown = await fixture.Lb.EndpointAsync("hedged", endpoint.Address);
        Assert.Equal((failures, "available"), (shown.GetProperty("failures").GetInt64(), shown.GetProperty("state").GetString()));
    }

    public sealed class Fixture : LbFixture
    {
        protected override void Configure(LbConfig config)
        {
            void Add(string service, string policy) => config.Service(service, LbConfig.Loopback(Ports.Free())).Policy(service, policy);
            Add("hedged", """{ "timeouts": { "firstByte": "3s" }, "retry": { "hedge": { "after": "50ms" } } }""");
            Add("once", """{ "retry": { "attempts": 0, "hedge": { "after": "50ms" } } }""");
            Add("late", """{ "retry": { "hedge": { "after": "10s" } } }""");
            Add("patient", """{ "retry": { "hedge": { "after": "50ms" } } }""");
            Add("percentile", """{ "retry": { "hedge": {} } }""");
        }
    }
}
