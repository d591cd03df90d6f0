using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>The time of the whole request, on the reactor. Every other time is longer than a test waits.</summary>
public sealed class RequestTimeoutTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: api\r\n\r\n", 1)]
    [InlineData("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 10\r\n\r\nhalf", 0)]
    public async Task An_endpoint_that_hangs_is_to_blame_and_a_client_that_does_is_not(string request, long failures)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(Policy(300), backend.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync(request);
        using var hanging = await backend.AcceptAsync();

        await AssertTimeoutAsync(client);

        await hanging.WaitForCloseAsync();
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Equal(failures, reactor.Endpoint.Failures);
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task Attempts_share_it()
    {
        using var backend = new ManualBackend();
        using var other = new ManualBackend();
        var policy = Policy(500) with { Timeouts = new TimeoutOptions { Request = TimeSpan.FromMilliseconds(500), FirstByte = TimeSpan.FromMilliseconds(300) }, Retry = new RetryPolicy { OnTimeout = true } };
        await using var reactor = new ReactorFixture(policy, backend.Port, other.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: api\r\n\r\n");

        await AssertTimeoutAsync(client);

        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task It_runs_while_the_request_waits_for_an_endpoint()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(Policy(500) with { EndpointLimits = new EndpointLimitOptions { MaxRequests = 1, QueueTimeout = TimeSpan.FromMinutes(1) } }, backend.Port);
        using var first = await reactor.PeerAsync();
        await first.SendAsync("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
        using var busy = await backend.AcceptAsync();
        await busy.ReadHeadAsync();
        // Has begun to answer and goes on, so that only its client's connection ends with the time.
        await busy.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        using var second = await reactor.PeerAsync();
        await second.SendAsync("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
        await Eventually.True(() => reactor.Waiting == 1 || reactor.Endpoint.InFlight == 0, "it waits");

        await Assert.ThrowsAnyAsync<IOException>(first.ReadAnswerAsync);
        // It may have got the place of the first just before.
        await AssertTimeoutAsync(second);

        first.Dispose();
        second.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task It_does_not_run_while_the_request_waits_for_a_place_at_the_service()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(Policy(1000) with { Guard = new GuardOptions { Queue = new QueueOptions { MaxRequests = 1, Queue = 1, QueueTimeout = TimeSpan.FromMinutes(1) } } }, backend.Port);
        using var first = await reactor.PeerAsync();
        await first.SendAsync("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
        using var hanging = await backend.AcceptAsync();
        using var second = await reactor.PeerAsync();
        await second.SendAsync("GET / HTTP/1.1\r\nHost: api\r\n\r\n");

        await AssertTimeoutAsync(first);
        using var answering = await backend.AcceptAsync();
        await answering.AnswerAsync("ok");

        Assert.Equal(200, (await second.ReadAnswerAsync())!.Status);
        first.Dispose();
        second.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    private static async Task AssertTimeoutAsync(Peer client)
    {
        var answer = (await client.ReadAnswerAsync())!;
        Assert.Equal(504, answer.Status);
        Assert.Contains("X-Lb-Reason: request_timeout\r\n", answer.Head, StringComparison.Ordinal);
    }

    private static ServicePolicy Policy(int milliseconds) => new() { Timeouts = new TimeoutOptions { Request = TimeSpan.FromMilliseconds(milliseconds) } };
}
