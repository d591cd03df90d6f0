using System.Collections.Concurrent;
using LoadBalancer.IntegrationTests.Harness;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace LoadBalancer.IntegrationTests.Http;

/// <summary>
/// A client's connection of which one side has given up a request: what is left of that request is never taken for another
/// one, and nothing behind it is sent for a client that can get no answer.
/// </summary>
public sealed class AbandonedConnectionTests(AbandonedConnectionTests.Fixture fixture) : IClassFixture<AbandonedConnectionTests.Fixture>
{
    /// <summary>Reads as a request wherever in the method's name it is begun.</summary>
    private static readonly string s_evil = new string('A', 4000) + $" /evil HTTP/1.1\r\nHost: {Host("h2c")}\r\n\r\n";

    [Fact]
    public async Task The_rest_of_a_body_that_nobody_wants_any_more_is_never_a_request()
    {
        var requests = new ConcurrentQueue<string>();
        var clientHasLeft = new TaskCompletionSource();
        await using var endpoint = await KestrelEndpoint.StartAsync(
            async context =>
            {
                requests.Enqueue($"{context.Request.Method} {context.Request.Path}");
                context.Response.ContentLength = 2;
                await context.Response.WriteAsync("no");
                await context.Response.CompleteAsync();
                // Until then more of the body is not asked for, but neither declined.
                await clientHasLeft.Task;
            },
            HttpProtocols.Http2);
        await fixture.Lb.UseAsync("h2c", endpoint.Address);
        var before = await RequestsAsync("h2c");
        var body = string.Concat(Enumerable.Repeat(s_evil, 900_000 / s_evil.Length));
        using var client = await fixture.Lb.ConnectAsync();

        await client.SendAsync($"POST /good HTTP/1.1\r\nHost: {Host("h2c")}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        Assert.Equal("no", (await client.ReadAnswerAsync()).Text);
        client.EndSending();
        await client.WaitForCloseAsync();
        clientHasLeft.SetResult();
        await fixture.Lb.WaitForIdleAsync("h2c");

        using var next = fixture.Lb.Client();
        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/next") { Headers = { Host = Host("h2c") } };
            using var answer = await next.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal("no", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
        Assert.Equal(["POST /good", "GET /next", "GET /next", "GET /next"], requests);
        Assert.Equal(before + 4, await RequestsAsync("h2c"));
    }

    [Fact]
    public async Task What_comes_behind_an_answer_that_was_cut_is_not_sent()
    {
        var behind = 0;
        await using var endpoint = new RawEndpoint("api", async wire =>
        {
            if ((await wire.ReadLineAsync()).Contains("/behind", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref behind);
            }
            else
            {
                while (await wire.ReadLineAsync() is { Length: > 0 })
                {
                }
                await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot all of it");
            }
        });
        await fixture.Lb.UseAsync("api", endpoint.Address);

        for (var i = 0; i < 100; i++)
        {
            using var client = await fixture.Lb.ConnectAsync();
            await client.SendAsync($"GET /cut HTTP/1.1\r\nHost: {Host("api")}\r\n\r\nPUT /behind HTTP/1.1\r\nHost: {Host("api")}\r\nContent-Length: 4\r\n\r\nbody");
            await client.WaitForCloseAsync();
        }
        await fixture.Lb.WaitForIdleAsync("api");

        Assert.Equal(0, behind);
    }

    /// <summary>Nobody takes the rest of its body then, and the connection must be fit for another request, or be said not to be.</summary>
    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    public async Task A_client_whose_upload_was_given_up_goes_on_with_its_connection(string method)
    {
        await using var endpoint = new RawEndpoint("api", static async wire =>
        {
            while (await wire.ReadLineAsync() is { Length: > 0 })
            {
            }
            await wire.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await wire.ReadAsync(5);
            wire.Reset();
        });
        await fixture.Lb.UseAsync("api", endpoint.Address);
        using var client = await fixture.Lb.ConnectAsync();

        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: {Host("api")}\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(100, (await client.ReadAnswerAsync(informational: true)).Status);
        await client.SendAsync("first");
        var answer = await client.ReadAnswerAsync();

        Assert.Equal(502, answer.Status);
        if (answer.Field("Connection") != "close")
        {
            await client.SendAsync($"+restGET / HTTP/1.1\r\nHost: {Host("none")}\r\n\r\n");
            Assert.Equal(404, (await client.ReadAnswerAsync()).Status);
        }
        Assert.Empty(Errors);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    public async Task A_client_that_leaves_during_its_upload_is_asked_for_once_and_nobodys_failure(string method)
    {
        var asked = 0;
        await using var endpoint = new RawEndpoint("api", async wire =>
        {
            while (await wire.ReadLineAsync() is { Length: > 0 })
            {
            }
            await wire.ReadAsync(5);
            Interlocked.Increment(ref asked);
            await wire.WaitForCloseAsync();
        });
        await fixture.Lb.UseAsync("api", endpoint.Address);

        for (var i = 1; i <= 50; i++)
        {
            using var client = await fixture.Lb.ConnectAsync();
            await client.SendAsync($"{method} / HTTP/1.1\r\nHost: {Host("api")}\r\nContent-Length: 10\r\n\r\nfirst");
            await Eventually.True(() => Volatile.Read(ref asked) >= i, "the endpoint has got the beginning");
            client.Reset();
        }
        await fixture.Lb.WaitForIdleAsync("api");

        Assert.Equal(50, asked);
        Assert.Equal(0, (await fixture.Lb.EndpointAsync("api", endpoint.Address)).GetProperty("failures").GetInt64());
        Assert.Empty(Errors);
    }

    private IEnumerable<string> Errors => fixture.Lb.Process.Lines.Where(static line => line.Contains(" ERROR ", StringComparison.Ordinal));

    private static string Host(string service) => $"{service}.haproxy.service.consul";

    private async Task<long> RequestsAsync(string service) => (await fixture.Lb.ServiceAsync(service)).GetProperty("requests").GetInt64();

    public sealed class Fixture : LbFixture
    {
        protected override void Configure(LbConfig config) =>
            config.Service("h2c", LbConfig.Loopback(Ports.Free())).Policy("h2c", """{ "protocol": "h2c" }""");
    }
}
