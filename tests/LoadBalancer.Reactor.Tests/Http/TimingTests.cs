using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>What happens to both sides of an exchange at the same moment, for the loop.</summary>
public sealed class TimingTests
{
    [Theory]
    [InlineData("GET /2 HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("POST /2 HTTP/1.1\r\nHost: api\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task What_an_endpoint_has_said_before_it_was_asked_is_no_answer(string request)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("GET /1 HTTP/1.1\r\nHost: api\r\n\r\n");
        using var first = await backend.AcceptAsync();
        await first.AnswerAsync("one");
        Assert.Equal("one", (await client.ReadAnswerAsync())!.Body);
        await reactor.RoundsAsync(3);

        await reactor.WhileHeldAsync(async () =>
        {
            await client.SendAsync(request);
            await first.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother");
        });

        using var second = await backend.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await second.AnswerAsync("two");
        Assert.Equal("two", (await client.ReadAnswerAsync())!.Body);
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(10)]
    [InlineData(4_000)]
    public async Task An_upload_that_breaks_the_rules_garbles_no_interim_answer(int length)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        using var client = await reactor.PeerAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
        using var endpoint = await backend.AcceptAsync();
        await endpoint.ReadHeadAsync();
        await endpoint.ReadAsync("1\r\na\r\n".Length);
        await reactor.RoundsAsync(3);

        await reactor.WhileHeldAsync(async () =>
        {
            await endpoint.SendAsync($"HTTP/1.1 103 Early Hints\r\nLink: <{new string('x', length)}>\r\n\r\n");
            await client.SendAsync("zz\r\n");
        });

        // The interim answer is whole, or the connection breaks; a refusal may follow a whole one.
        try
        {
            var head = await client.ReadHeadAsync();
            if (head.Length > 0 && !head.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal))
            {
                Assert.Equal($"HTTP/1.1 103 Early Hints\r\nLink: <{new string('x', length)}>\r\n\r\n", head);
                Assert.Matches("^$|^HTTP/1.1 400 ", await client.ReadHeadAsync());
            }
        }
        catch (IOException)
        {
            // It has broken.
        }
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
    }
}
