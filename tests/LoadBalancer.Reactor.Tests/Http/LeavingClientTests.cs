using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>Clients that go away while the endpoint has not answered: what they held is given back at once.</summary>
public sealed class LeavingClientTests
{
    /// <summary>The last of the request and the client's end come in one event or in two, as it happens.</summary>
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: api\r\n\r\n", "")]
    [InlineData("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 4\r\n\r\n", "body")]
    [InlineData("POST / HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nbody\r\n0\r\n\r\n")]
    public async Task A_client_that_ends_with_its_request_is_not_waited_for(string head, string body)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        await Parallel.ForAsync(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            using var client = await reactor.PeerAsync();
            if (i % 2 == 0)
            {
                await client.SendAsync(head + body);
                return;
            }
            await client.SendAsync(head);
            await Task.Yield();
            if (body.Length > 0)
            {
                await client.SendAsync(body);
            }
        });

        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }
}
