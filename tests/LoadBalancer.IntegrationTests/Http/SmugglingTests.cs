using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Http;

/// <summary>
/// What two parsers could read in two ways is refused, or reaches the endpoint as exactly one request that every parser
/// reads in the same way. The hidden request of each attack asks for /evil: no endpoint may ever see that.
/// </summary>
public sealed class SmugglingTests(LbFixture fixture) : IClassFixture<LbFixture>
{
    private const string Evil = "GET /evil HTTP/1.1\r\nHost: api.haproxy.service.consul\r\n\r\n";

    public static TheoryData<string, string> Attacks => new()
    {
        { "both lengths, CL.TE", $"Content-Length: {Evil.Length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Evil}" },
        { "both lengths, TE.CL", $"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n{Evil.Length:x}\r\n{Evil}\r\n0\r\n\r\n" },
        { "two lengths that differ", $"Content-Length: 0\r\nContent-Length: {Evil.Length}\r\n\r\n{Evil}" },
        { "two lengths that differ, in one line", $"Content-Length: 0, {Evil.Length}\r\n\r\n{Evil}" },
        { "two equal lengths", $"Content-Length: {Evil.Length}\r\nContent-Length: {Evil.Length}\r\n\r\n{Evil}" },
        { "length with a sign", $"Content-Length: +{Evil.Length}\r\n\r\n{Evil}" },
        { "negative length", $"Content-Length: -1\r\n\r\n{Evil}" },
        { "hexadecimal length", $"Content-Length: 0x{Evil.Length:x}\r\n\r\n{Evil}" },
        { "length too large", $"Content-Length: 18446744073709551617\r\n\r\n{Evil}" },
        { "length with a blank inside", $"Content-Length: 0 {Evil.Length}\r\n\r\n{Evil}" },
        { "empty length", $"Content-Length:\r\n\r\n{Evil}" },
        { "unknown coding", $"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{Evil}" },
        { "coding with a vertical tab", $"Transfer-Encoding: \vchunked\r\nContent-Length: {Evil.Length + 5}\r\n\r\n0\r\n\r\n{Evil}" },
        { "coding chunked twice", $"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n{Evil}" },
        { "chunked not final", $"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{Evil}" },
        { "identity", $"Transfer-Encoding: identity\r\nContent-Length: {Evil.Length}\r\n\r\n{Evil}" },
        { "two lines of codings", $"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{Evil}" },
        { "quoted coding", $"Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n{Evil}" },
        { "blank before the colon", $"Transfer-Encoding : chunked\r\nContent-Length: {Evil.Length + 5}\r\n\r\n0\r\n\r\n{Evil}" },
        { "blank before the colon of the length", $"Content-Length : {Evil.Length}\r\n\r\n{Evil}" },
        { "folded line", $"X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n{Evil}" },
        { "folded coding", $"Transfer-Encoding:\r\n chunked\r\nContent-Length: {Evil.Length + 5}\r\n\r\n0\r\n\r\n{Evil}" },
        { "bare LF between fields", $"X-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Evil}" },
        { "bare LF ends the head", $"Content-Length: {Evil.Length}\n\n{Evil}" },
        { "bare CR in a value", $"X-A: b\rTransfer-Encoding: chunked\r\n\r\n{Evil}" },
        { "NUL in a value", $"X-A: b\0c\r\nContent-Length: {Evil.Length}\r\n\r\n{Evil}" },
        { "NUL in a name", $"X-\0A: b\r\nContent-Length: {Evil.Length}\r\n\r\n{Evil}" },
        { "line without a colon", $"Content-Length\r\nX: y\r\n\r\n{Evil}" },
        { "empty name", $": x\r\nContent-Length: {Evil.Length}\r\n\r\n{Evil}" },
        { "chunk extension with a bare LF", $"Transfer-Encoding: chunked\r\n\r\n2;x\nxx\r\n{Evil.Length + 2:x}\r\n0\r\n\r\n{Evil}0\r\n\r\n" },
        { "chunk size ended by a bare LF", $"Transfer-Encoding: chunked\r\n\r\n2\nxx\r\n0\r\n\r\n{Evil}" },
        { "chunk extension with a bare CR", $"Transfer-Encoding: chunked\r\n\r\n2;x\rxx\r\n0\r\n\r\n{Evil}" },
        { "chunk data ended by a bare LF", $"Transfer-Encoding: chunked\r\n\r\n2\r\nxx\n0\r\n\r\n{Evil}" },
        { "chunk longer than said", $"Transfer-Encoding: chunked\r\n\r\n2\r\nxxyy0\r\n\r\n{Evil}" },
        { "chunk size with a prefix", $"Transfer-Encoding: chunked\r\n\r\n0x2\r\nxx\r\n0\r\n\r\n{Evil}" },
        { "negative chunk size", $"Transfer-Encoding: chunked\r\n\r\n-2\r\nxx\r\n0\r\n\r\n{Evil}" },
        { "chunk size with a blank before it", $"Transfer-Encoding: chunked\r\n\r\n 2\r\nxx\r\n0\r\n\r\n{Evil}" },
        { "chunk size too large", $"Transfer-Encoding: chunked\r\n\r\n100000000000000000002\r\nxx\r\n0\r\n\r\n{Evil}" },
        { "empty chunk size", $"Transfer-Encoding: chunked\r\n\r\n\r\nxx\r\n0\r\n\r\n{Evil}" },
        { "trailer with a bare LF", $"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\n{Evil}" },
        { "length in a trailer", $"Transfer-Encoding: chunked\r\n\r\n2\r\nxx\r\n0\r\nContent-Length: {Evil.Length}\r\n\r\n" },
        { "GET with a body", $"Content-Length: {Evil.Length}\r\n\r\n{Evil}" },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task One_request_never_becomes_two(string name, string rest)
    {
        await using var endpoint = await fixture.EndpointAsync();
        using var wire = await fixture.Lb.ConnectAsync();
        var method = name.StartsWith("GET", StringComparison.Ordinal) ? "GET" : "POST";

        await wire.SendAsync($"{method} /good HTTP/1.1\r\nHost: {LbFixture.Host}\r\n{rest}");
        wire.EndSending();
        var answers = System.Text.Encoding.Latin1.GetString(await ReadAllAsync(wire));
        // The endpoint's connections are used again: what lingers in one would come out now.
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await fixture.Lb.GetAsync(LbFixture.Host, "/next")).Status);
        }

        Assert.DoesNotContain(endpoint.Requests, static request => request.Target == "/evil");
        Assert.Empty(endpoint.Malformed);
        Assert.InRange(endpoint.Requests.Count(static request => request.Target == "/good"), 0, 1);
        Assert.Equal(3, endpoint.Requests.Count(static request => request.Target == "/next"));
        Assert.All(endpoint.Connections, static connection => Assert.DoesNotContain("\r\n /", connection.Received, StringComparison.Ordinal));
        Assert.True(answers.Split("HTTP/1.1 ").Length <= 2 || !answers.Contains("evil", StringComparison.Ordinal), answers);
    }

    [Theory]
    [InlineData("/", "p:")]
    [InlineData("/", "[:1]")]
    [InlineData("/", "[::1]:")]
    [InlineData("/a%00b", "p")]
    public async Task A_host_or_path_that_others_could_cut_short_is_refused(string target, string host)
    {
        await using var endpoint = await fixture.EndpointAsync();

        Assert.Equal(400, (await fixture.Lb.GetAsync(host, target)).Status);

        Assert.Empty(endpoint.Requests);
    }

    private static async Task<byte[]> ReadAllAsync(Wire wire)
    {
        try
        {
            return await wire.ReadToEndAsync();
        }
        catch (System.Net.Sockets.SocketException)
        {
            // A reset: refused, too.
            return [];
        }
    }

    /// <summary>Refusing closes the connection: whatever the attacker sent after it is never read as a request.</summary>
    [Theory]
    [InlineData("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 0\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("X-A : b\r\n\r\n")]
    [InlineData("X-A: b\nX-B: c\r\n\r\n")]
    [InlineData("X-A: b\r\n c\r\n\r\n")]
    [InlineData("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501)]
    public async Task An_ambiguous_head_is_refused_and_ends_the_connection(string rest, int status = 400)
    {
        await using var endpoint = await fixture.EndpointAsync();
        using var wire = await fixture.Lb.ConnectAsync();

        await wire.SendAsync($"POST /good HTTP/1.1\r\nHost: {LbFixture.Host}\r\n{rest}");

        Assert.Equal(status, (await wire.ReadAnswerAsync()).Status);
        await wire.WaitForCloseAsync();
        Assert.Empty(endpoint.Requests);
    }
}
