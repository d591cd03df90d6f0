using System.Net;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>Endpoints that are known by a host name, which is looked up while the loop goes on.</summary>
public sealed class HostNameTests
{
    private const string Name = "localhost";
    private const string Unknown = "no-such-host.invalid";

    private static readonly ServicePolicy s_policy = new() { Retry = new RetryPolicy { Attempts = 0 }, Outliers = new OutlierOptions { ConsecutiveErrors = 0 } };

    /// <summary>The endpoint listens at the last address of its name, which may have one or several here.</summary>
    [Fact]
    public async Task All_its_addresses_are_tried_and_the_connection_is_kept()
    {
        using var backend = new ManualBackend((await Dns.GetHostAddressesAsync(Name, TestContext.Current.CancellationToken))[^1]);
        await using var reactor = new ReactorFixture(s_policy, (Name, backend.Port));
        using var client = await reactor.PeerAsync();
        await AskAsync(client);
        using (var connection = await backend.AcceptAsync())
        {
            Assert.Contains("\r\nHost: api\r\n", await connection.AnswerAsync("first"), StringComparison.Ordinal);
            Assert.Equal("first", (await client.ReadAnswerAsync())!.Body);

            await AskAsync(client);

            await connection.AnswerAsync("second");
            Assert.Equal("second", (await client.ReadAnswerAsync())!.Body);
        }
        Assert.False(backend.HasWaiting);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task A_kept_connection_that_was_closed_is_made_anew()
    {
        using var backend = new ManualBackend((await Dns.GetHostAddressesAsync(Name, TestContext.Current.CancellationToken))[^1]);
        await using var reactor = new ReactorFixture(s_policy, (Name, backend.Port));
        using var client = await reactor.PeerAsync();
        await AskAsync(client);
        var kept = await backend.AcceptAsync();
        await kept.AnswerAsync("first");
        Assert.Equal("first", (await client.ReadAnswerAsync())!.Body);
        await AskAsync(client);
        await kept.ReadHeadAsync();

        // Before any of an answer, as an endpoint does that closed it just when the request came.
        kept.Dispose();

        using var fresh = await backend.AcceptAsync();
        await fresh.AnswerAsync("second");
        Assert.Equal("second", (await client.ReadAnswerAsync())!.Body);
        fresh.Dispose();
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task After_a_name_that_does_not_exist_the_next_endpoint_is_asked()
    {
        await using var backend = await RecordingBackend.StartAsync();
        await using var reactor = new ReactorFixture(s_policy, (Unknown, 80), (Name, backend.Port));
        using var client = await reactor.PeerAsync();

        // Nothing was sent: also what must not be done twice goes on.
        await client.SendAsync("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 4\r\n\r\nbody");

        Assert.EndsWith("\nbody", (await client.ReadAnswerAsync())!.Body, StringComparison.Ordinal);
        Assert.Single(backend.Requests);
        Assert.Equal(1, reactor.Endpoint.Failures);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Theory]
    [InlineData(Unknown)]
    [InlineData(Name)]
    public async Task Without_anybody_to_connect_to_it_is_refused_and_the_client_may_go_on(string name)
    {
        await using var reactor = new ReactorFixture(s_policy, (name, Ports.Free()));
        using var client = await reactor.PeerAsync();
        for (var i = 0; i < 2; i++)
        {
            await AskAsync(client);

            var answer = (await client.ReadAnswerAsync())!;
            Assert.Equal(503, answer.Status);
            Assert.Contains("X-Lb-Reason: connect_failed\r\n", answer.Head, StringComparison.Ordinal);
            Assert.False(answer.Closes);
        }
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    /// <summary>The lookup ends before or after the time to connect: the answer is the same, and a late end touches nobody else.</summary>
    [Fact]
    public async Task A_lookup_has_no_more_than_the_time_to_connect()
    {
        var policy = s_policy with { Timeouts = new TimeoutOptions { Connect = TimeSpan.FromMilliseconds(1) } };
        await using var reactor = new ReactorFixture(policy, (Unknown, 80));
        await Parallel.ForAsync(0, 50, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) =>
        {
            using var client = await reactor.PeerAsync();
            for (var i = 0; i < 4; i++)
            {
                await AskAsync(client);
                Assert.Equal(503, (await client.ReadAnswerAsync())!.Status);
            }
        });
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    /// <summary>Clients leave before, while and after the name is looked up; nobody answers, so that each needs a connection.</summary>
    [Fact]
    public async Task A_client_that_leaves_while_the_name_is_looked_up_leaves_nothing()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(s_policy, (Name, backend.Port));
        await Parallel.ForAsync(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            using var client = await reactor.PeerAsync();
            await AskAsync(client);
            for (var turns = i % 7; turns > 0; turns--)
            {
                await Task.Yield();
            }
            if (i % 2 == 0)
            {
                client.Reset();
            }
        });
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    private static Task AskAsync(Peer client) => client.SendAsync("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
}
