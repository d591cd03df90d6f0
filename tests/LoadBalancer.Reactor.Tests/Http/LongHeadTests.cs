using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>A head that becomes longer on its way has room, or is refused.</summary>
public sealed class LongHeadTests
{
    [Theory]
    [InlineData(30_000, 200)]
    [InlineData(50_000, 431)]
    [InlineData(65_000, 431)]
    public async Task A_host_of_any_length_is_served_or_refused(int length, int status)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        using var client = await reactor.PeerAsync();

        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {new string('a', length)}\r\n\r\n");
        if (status == 200)
        {
            using var endpoint = await backend.AcceptAsync();
            Assert.Contains($"X-Forwarded-Host: {new string('a', length)}\r\n", await endpoint.AnswerAsync("ok"));
        }

        Assert.Equal(status, (await client.ReadAnswerAsync())!.Status);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
    }
}
