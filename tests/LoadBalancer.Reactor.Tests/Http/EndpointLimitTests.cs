using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>Requests that wait for an endpoint with room, on the reactor's loops.</summary>
public sealed class EndpointLimitTests
{
    private static readonly ServicePolicy s_one = Policy(queue: 10, TimeSpan.FromMinutes(1));

    [Fact]
    public async Task Who_waits_is_served_in_order_of_arrival_one_at_a_time()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(s_one, backend.Port);
        Peer[] clients = [await reactor.PeerAsync(), await reactor.PeerAsync(), await reactor.PeerAsync(), await reactor.PeerAsync()];
        for (var i = 0; i < clients.Length; i++)
        {
            await AskAsync(clients[i], $"/{i}");
            var (waiting, inFlight) = (i, 1);
            await Eventually.True(() => (reactor.Waiting, reactor.Endpoint.InFlight) == (waiting, inFlight), $"{waiting} wait");
        }
        for (var i = 0; i < clients.Length; i++)
        {
            using var connection = await backend.AcceptAsync();
            Assert.StartsWith($"GET /{i} ", await connection.ReadHeadAsync(), StringComparison.Ordinal);
            Assert.False(backend.HasWaiting);
            await connection.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
            Assert.Equal(200, (await clients[i].ReadAnswerAsync())!.Status);
        }
        Array.ForEach(clients, static client => client.Dispose());
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task A_client_that_leaves_the_line_is_forgotten_and_the_next_one_served()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(s_one, backend.Port);
        using var first = await reactor.PeerAsync();
        using var leaving = await reactor.PeerAsync();
        using var resetting = await reactor.PeerAsync();
        using var last = await reactor.PeerAsync();
        await AskAsync(first, "/");
        using var busy = await backend.AcceptAsync();
        await busy.ReadHeadAsync();
        await AskAsync(leaving, "/");
        await AskAsync(resetting, "/");
        await Eventually.True(() => reactor.Waiting == 2, "two wait");
        await AskAsync(last, "/");
        await Eventually.True(() => reactor.Waiting == 3, "three wait");

        leaving.Dispose();
        resetting.Reset();

        await Eventually.True(() => reactor.Waiting == 1, "two have left the line");
        busy.Dispose();
        Assert.Equal(502, (await first.ReadAnswerAsync())!.Status);
        using var next = await backend.AcceptAsync();
        await next.AnswerAsync("last");
        Assert.Equal("last", (await last.ReadAnswerAsync())!.Body);
        first.Dispose();
        last.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    /// <summary>The place is granted and the client leaves at the same time: whoever comes first, nothing is left.</summary>
    [Fact]
    public async Task A_place_that_comes_while_its_client_leaves_is_given_back()
    {
        await using var backend = await RecordingBackend.StartAsync();
        await using var reactor = new ReactorFixture(Policy(queue: 1000, TimeSpan.FromMinutes(1)), backend.Port);
        await Parallel.ForAsync(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            using var client = await reactor.PeerAsync();
            await AskAsync(client, "/");
            if (i % 2 == 0)
            {
                client.Reset();
            }
            else
            {
                Assert.Equal(200, (await client.ReadAnswerAsync())!.Status);
            }
        });
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Theory]
    [InlineData(0, "endpoints_full")]
    [InlineData(1, "queue_timeout")]
    public async Task Without_a_place_in_line_or_in_time_it_is_refused(int queue, string reason)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(Policy(queue, TimeSpan.FromMilliseconds(50)), backend.Port);
        using var first = await reactor.PeerAsync();
        await AskAsync(first, "/");
        using var busy = await backend.AcceptAsync();
        using var second = await reactor.PeerAsync();

        await AskAsync(second, "/");

        var answer = (await second.ReadAnswerAsync())!;
        Assert.Equal(503, answer.Status);
        Assert.Contains($"X-Lb-Reason: {reason}\r\n", answer.Head, StringComparison.Ordinal);
        Assert.False(answer.Closes);
        await busy.AnswerAsync("first");
        Assert.Equal("first", (await first.ReadAnswerAsync())!.Body);
        first.Dispose();
        second.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    /// <summary>It waits in the service's line, gets a place there, and waits for an endpoint: the same entry, twice.</summary>
    [Fact]
    public async Task It_waits_in_both_lines_one_after_the_other()
    {
        var policy = s_one with { Guard = new GuardOptions { Queue = new QueueOptions { MaxRequests = 2, Queue = 10, QueueTimeout = TimeSpan.FromMinutes(1) } } };
        await using var backend = await RecordingBackend.StartAsync();
        await using var reactor = new ReactorFixture(policy, backend.Port);
        await Parallel.ForAsync(0, 12, new ParallelOptions { MaxDegreeOfParallelism = 12 }, async (_, _) =>
        {
            using var client = await reactor.PeerAsync();
            for (var i = 0; i < 20; i++)
            {
                await AskAsync(client, "/");
                Assert.Equal(200, (await client.ReadAnswerAsync())!.Status);
            }
        });
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    private static Task AskAsync(Peer client, string path) => client.SendAsync($"GET {path} HTTP/1.1\r\nHost: api\r\n\r\n");

    private static ServicePolicy Policy(int queue, TimeSpan timeout) => new()
    {
        EndpointLimits = new EndpointLimitOptions { MaxRequests = 1, Queue = queue, QueueTimeout = timeout },
        Retry = new RetryPolicy { Attempts = 0 },
        Outliers = new OutlierOptions { ConsecutiveErrors = 0 },
    };
}
