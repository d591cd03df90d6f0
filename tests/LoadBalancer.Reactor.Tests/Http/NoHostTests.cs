using System.Globalization;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>Requests in HTTP/1.0 that name no host: the endpoint gets its own address as Host.</summary>
public sealed class NoHostTests
{
    private static readonly ServicePolicy s_policy = new() { Retry = new RetryPolicy { Attempts = 1 }, Outliers = new OutlierOptions { ConsecutiveErrors = 0 } };

    [Theory]
    [InlineData("GET /old HTTP/1.0\r\n\r\n")]
    [InlineData("GET /old HTTP/1.0\r\nHost:\r\nX-Forwarded-Host: other\r\n\r\n")]
    [InlineData("POST /old HTTP/1.0\r\nContent-Length: 0\r\n\r\n")]
    public async Task The_endpoint_gets_its_address_as_host_and_the_client_its_answer(string request)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(s_policy, backend.Port);
        using var client = await reactor.PeerAsync();

        await client.SendAsync(request);

        using (var connection = await backend.AcceptAsync())
        {
            var head = await connection.AnswerAsync("ok");
            Assert.StartsWith(request.Split(' ')[0] + " /old HTTP/1.1\r\n", head, StringComparison.Ordinal);
            Assert.Equal([AddressOf(backend)], HostsOf(head));
            Assert.DoesNotContain("X-Forwarded-Host", head, StringComparison.OrdinalIgnoreCase);
            var answer = (await client.ReadAnswerAsync())!;
            Assert.Equal(("ok", true), (answer.Body, answer.Closes));
            Assert.Null(await client.ReadAnswerAsync());
        }
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task Each_endpoint_that_is_asked_gets_its_own_address()
    {
        using var closing = new ManualBackend();
        using var answering = new ManualBackend();
        // The first cannot be connected to, the second closes without an answer.
        await using var reactor = new ReactorFixture(s_policy, Ports.Free(), closing.Port, answering.Port);
        using var client = await reactor.PeerAsync();

        await client.SendAsync("GET / HTTP/1.0\r\n\r\n");

        using (var connection = await closing.AcceptAsync())
        {
            Assert.Equal([AddressOf(closing)], HostsOf(await connection.ReadHeadAsync()));
        }
        using (var connection = await answering.AcceptAsync())
        {
            Assert.Equal([AddressOf(answering)], HostsOf(await connection.AnswerAsync("ok")));
            Assert.Equal("ok", (await client.ReadAnswerAsync())!.Body);
        }
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task The_next_request_of_the_connection_has_the_host_that_it_names()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(s_policy, backend.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\nHost: api\r\nConnection: keep-alive\r\n\r\nGET /3 HTTP/1.0\r\n\r\n");

        using (var connection = await backend.AcceptAsync())
        {
            foreach (var host in (string[])[AddressOf(backend), "api", AddressOf(backend)])
            {
                Assert.Equal([host], HostsOf(await connection.AnswerAsync("ok")));
                Assert.Equal("ok", (await client.ReadAnswerAsync())!.Body);
            }
        }
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Theory]
    [InlineData("POST / HTTP/1.0\r\nContent-Length: 4\r\n\r\nbody")]
    [InlineData("GET / HTTP/1.1\r\nHost:\r\n\r\n")]
    public async Task With_a_body_or_in_HTTP_1_1_it_is_handed_over_whole(string request)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(s_policy, backend.Port);
        using var client = await reactor.PeerAsync();

        await client.SendAsync(request);

        await client.WaitForCloseAsync();
        Assert.Equal([request], reactor.HandedOver);
        Assert.False(backend.HasWaiting);
        await reactor.AssertNothingLeftAsync();
    }

    private static string AddressOf(ManualBackend backend) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{backend.Port}");

    private static string[] HostsOf(string head)
    {
        Assert.EndsWith("\r\n\r\n", head, StringComparison.Ordinal);
        return [.. head.Split("\r\n").Where(static line => line.StartsWith("Host: ", StringComparison.OrdinalIgnoreCase)).Select(static line => line[6..])];
    }
}
