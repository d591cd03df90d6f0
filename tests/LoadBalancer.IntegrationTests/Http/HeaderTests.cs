using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Http;

/// <summary>What of a message's head goes on, byte for byte, and what stays behind.</summary>
public sealed class HeaderTests(HeaderTests.Fixture fixture) : IClassFixture<HeaderTests.Fixture>
{
    private const string Host = LbFixture.Host;

    [Theory]
    [InlineData("/")]
    [InlineData("/a%2Fb/%2f/c")]
    [InlineData("/100%25/%2525")]
    [InlineData("//double//slash///")]
    [InlineData("/?")]
    [InlineData("/a?b=c&d=%20+e&?=/../x")]
    [InlineData("/a+b%20c")]
    [InlineData("/caf%C3%A9/%E2%82%AC?q=%F0%9F%98%80")]
    [InlineData("/%ff%FE")]
    [InlineData("/a/../b/./c/..")]
    [InlineData("/a/%2e%2e/b/%2E")]
    [InlineData("/a;p=1,2/(x)*'!$&~@:=")]
    [InlineData("/a?b#c")]
    [InlineData("/[x]{y}|z^`\"<>\\")]
    public async Task The_target_goes_on_as_written(string target)
    {
        await using var endpoint = await fixture.EndpointAsync();

        var answer = await fixture.Lb.GetAsync(Host, target);

        // What RFC 3986 does not allow may be refused; what goes on goes on unchanged.
        if (answer.Status == 400)
        {
            Assert.Contains(target, new[] { "/a?b#c", "/[x]{y}|z^`\"<>\\" });
            return;
        }
        Assert.Equal(200, answer.Status);
        Assert.Equal($"GET {target} HTTP/1.1", endpoint.Requests.Single().StartLine);
    }

    [Fact]
    public async Task An_absolute_target_goes_on_in_origin_form()
    {
        await using var endpoint = await fixture.EndpointAsync();

        await fixture.Lb.AskAsync($"GET http://{Host}:81/a%2Fb?x HTTP/1.1\r\nHost: {Host}:81\r\n\r\n");
        await fixture.Lb.AskAsync($"GET http://{Host}?x HTTP/1.1\r\nHost: {Host}\r\n\r\n");

        Assert.Equal(["/a%2Fb?x", "/?x"], endpoint.Requests.Select(static request => request.Target));
        Assert.Equal([$"{Host}:81", Host], endpoint.Requests.Select(static request => request.Field("Host")!));
    }

    [Fact]
    public async Task Request_fields_go_on_byte_for_byte_and_nothing_is_added()
    {
        await using var endpoint = await fixture.EndpointAsync();
        // Every byte that a field value may have (RFC 9110 section 5.5).
        var bytes = string.Concat(Enumerable.Range(0x20, 0xe0).Where(static c => c != 0x7f).Select(static c => (char)c)).Trim();
        string[] sent =
        [
            $"Host: {Host}:8080",
            "User-Agent: weird (;;)/ 1 \"x",
            "Accept: */*;q=x, ,",
            "Accept-Encoding: identity;q=0, gzip",
            "Cookie: a=1; b=\"2\"; c",
            $"X-Bytes: {bytes}",
            "X-Empty:",
            "Date: not a date",
            "If-Modified-Since: yesterday",
            "Range: bytes=0-,-1",
            "Authorization: Basic Zm9vOmJhcg==",
            "Upgrade-Insecure-Requests: 1",
            "Via: 1.0 fred",
            "From: nobody",
            "Pragma: no-cache",
            "Warning: 199 - \"x\"",
            "Referer: http://[x",
            "Max-Forwards: ten",
            "Sec-Fetch-Mode: cors",
            "X-Request-Id: 1",
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ];

        var answer = await fixture.Lb.AskAsync("GET / HTTP/1.1\r\n" + string.Join("\r\n", sent) + "\r\n\r\n");

        Assert.Equal(200, answer.Status);
        var seen = endpoint.Requests.Single();
        Assert.Equal(
            sent.Select(Normal).Concat(["x-forwarded-for: 127.0.0.1", "x-forwarded-proto: http", $"x-forwarded-host: {Host}:8080"]).Order(StringComparer.Ordinal),
            seen.Fields.Select(static field => $"{field.Key.ToLowerInvariant()}: {field.Value}").Order(StringComparer.Ordinal));

        static string Normal(string line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            return $"{line[..colon].ToLowerInvariant()}: {line[(colon + 1)..].Trim()}";
        }
    }

    [Fact]
    public async Task A_request_with_nothing_but_a_host_gets_the_forwarding_fields_and_no_more()
    {
        await using var endpoint = await fixture.EndpointAsync();

        await fixture.Lb.GetAsync(Host);
        await fixture.Lb.AskAsync($"DELETE / HTTP/1.1\r\nHost: {Host}\r\n\r\n");

        Assert.All(endpoint.Requests, static seen => Assert.Equal(
            ["host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"],
            seen.Fields.Select(static field => field.Key.ToLowerInvariant()).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task An_empty_POST_keeps_its_length()
    {
        await using var endpoint = await fixture.EndpointAsync();

        await fixture.Lb.AskAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal("0", endpoint.Requests.Single().Field("Content-Length"));
    }

    [Fact]
    public async Task Lines_of_one_field_keep_their_order()
    {
        await using var endpoint = await fixture.EndpointAsync();

        await fixture.Lb.GetAsync(Host, fields: "X-A: 1\r\nX-B: x\r\nX-A: 2, 3\r\nX-A: 1\r\nCookie: a=1\r\nCookie: b=2\r\n");

        var seen = endpoint.Requests.Single();
        // RFC 9110 section 5.3: lines of one field may be joined with a comma; those of Cookie (RFC 6265) with a semicolon.
        Assert.Equal("1, 2, 3, 1", string.Join(", ", seen.Values("X-A")));
        Assert.Equal("a=1; b=2", string.Join("; ", seen.Values("Cookie")));
    }

    [Fact]
    public async Task Hop_by_hop_fields_of_a_request_stay_behind()
    {
        await using var endpoint = await fixture.EndpointAsync();

        await fixture.Lb.GetAsync(Host, fields: """
            Connection: X-Private , "x", X-Other,, Content-Type
            Connection: x-third
            Keep-Alive: timeout=5
            Proxy-Connection: keep-alive
            Proxy-Authorization: Basic x
            TE: trailers, deflate
            Trailer: X-T
            Upgrade: h2c, irc/6.9
            X-Private: 1
            X-Other: 2
            X-Third: 3
            X-Kept: 4

            """.ReplaceLineEndings("\r\n"));

        var seen = endpoint.Requests.Single();
        Assert.Equal(["Host", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Kept"], seen.Fields.Select(static field => field.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("keep-alive, X-Private")]
    [InlineData("close, X-Private")]
    public async Task Nominated_fields_stay_behind_also_beside_what_the_connection_is_to_do(string connection)
    {
        Assert.SkipWhen(Engine.IsKestrel, "Kestrel keeps no more of such a Connection field than keep-alive or close");
        await using var endpoint = await fixture.EndpointAsync();

        await fixture.Lb.GetAsync(Host, fields: $"Connection: {connection}\r\nX-Private: 1\r\n");

        Assert.Null(endpoint.Requests.Single().Field("X-Private"));
    }

    [Theory]
    [InlineData("Host")]
    [InlineData("Content-Length")]
    [InlineData("Transfer-Encoding")]
    [InlineData("X-Forwarded-For")]
    public async Task Nominating_a_field_that_frames_or_names_does_not_remove_it(string name)
    {
        await using var endpoint = await fixture.EndpointAsync();
        var framing = name == "Transfer-Encoding" ? "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n" : "Content-Length: 4\r\n\r\nbody";

        var answer = await fixture.Lb.AskAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nConnection: {name}\r\n{framing}");

        Assert.Equal(200, answer.Status);
        var seen = endpoint.Requests.Single();
        Assert.Equal((Host, "body", "127.0.0.1"), (seen.Field("Host"), seen.Text, seen.Field("X-Forwarded-For")));
    }

    [Fact]
    public async Task Answer_fields_come_back_byte_for_byte()
    {
        var bytes = string.Concat(Enumerable.Range(0x20, 0xe0).Where(static c => c != 0x7f).Select(static c => (char)c)).Trim();
        string[] sent =
        [
            "Content-Type: x;;y", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2, c; Expires=never", $"X-Bytes: {bytes}", "Server: me", "Date: never",
            "ETag: nonsense", "WWW-Authenticate: Basic realm=\"a, b\", Digest", "Vary: *", "X-Empty:", "Via: 1.1 x", "Alt-Svc: h3=\":1\"", "Location: //x y", "Content-Encoding: gzip",
        ];
        await using var endpoint = await fixture.EndpointAsync(RawEndpoint.Answering("HTTP/1.1 299 Odd Reason\r\nContent-Length: 3\r\n" + string.Join("\r\n", sent) + "\r\n\r\nabc"));

        var answer = await fixture.Lb.GetAsync(Host);

        Assert.Equal("HTTP/1.1 299 Odd Reason", answer.StartLine);
        Assert.Equal("abc", answer.Text);
        Assert.Equal(
            sent.Select(static line => line.TrimEnd()).Append("Content-Length: 3").Order(StringComparer.OrdinalIgnoreCase),
            answer.Fields.Select(static field => $"{field.Key}: {field.Value}".TrimEnd()).Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Hop_by_hop_fields_of_an_answer_stay_behind()
    {
        await using var endpoint = await fixture.EndpointAsync(RawEndpoint.Answering("""
            HTTP/1.1 200 OK
            Connection: X-Private, close , x-other
            Keep-Alive: timeout=5
            Proxy-Connection: close
            Proxy-Authenticate: Basic
            Upgrade: h2c
            Trailer: X-T
            X-Private: 1
            X-Other: 2
            X-Kept: 3
            Content-Length: 2

            ok
            """.ReplaceLineEndings("\r\n")));
        using var wire = await fixture.Lb.ConnectAsync();

        for (var i = 0; i < 2; i++)
        {
            await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
            var answer = await wire.ReadAnswerAsync();
            // The endpoint's connection ends, the client's does not.
            Assert.Equal(["Content-Length", "Date", "X-Kept"], answer.Fields.Select(static field => field.Key).Where(static name => name != "Proxy-Authenticate").Order(StringComparer.Ordinal));
        }
        Assert.Equal(2, endpoint.Accepted);
    }

    [Fact]
    public async Task What_a_stranger_says_of_itself_is_replaced()
    {
        await using var endpoint = await fixture.EndpointAsync();

        await fixture.Lb.GetAsync(Host, fields: "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: bank\r\nForwarded: for=6.6.6.6\r\n");

        var seen = endpoint.Requests.Single();
        Assert.Equal(("127.0.0.1", "http", Host, null), (seen.Field("X-Forwarded-For"), seen.Field("X-Forwarded-Proto"), seen.Field("X-Forwarded-Host"), seen.Field("Forwarded")));
    }

    [Fact]
    public async Task What_a_trusted_proxy_says_is_kept_and_its_address_added()
    {
        await using var endpoint = await fixture.EndpointAsync();
        using var wire = await Wire.ConnectAsync(fixture.TrustingPort);

        await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop\r\nForwarded: for=6.6.6.6\r\n\r\n");
        await wire.ReadAnswerAsync();
        await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        await wire.ReadAnswerAsync();

        var seen = endpoint.Requests.First();
        Assert.Equal("6.6.6.6,7.7.7.7,127.0.0.1", seen.Field("X-Forwarded-For")!.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(("https", "shop", "for=6.6.6.6"), (seen.Field("X-Forwarded-Proto"), seen.Field("X-Forwarded-Host"), seen.Field("Forwarded")));
        seen = endpoint.Requests.Last();
        Assert.Equal(("127.0.0.1", "http", Host), (seen.Field("X-Forwarded-For"), seen.Field("X-Forwarded-Proto"), seen.Field("X-Forwarded-Host")));
    }

    [Fact]
    public async Task Large_fields_pass_up_to_the_limit_and_are_431_beyond()
    {
        await using var endpoint = await fixture.EndpointAsync(RawEndpoint.Answering(request => $"HTTP/1.1 200 OK\r\nX-Big: {request.Field("X-Big")}\r\nContent-Length: 0\r\n\r\n"));
        var big = new string('x', 60_000);

        Assert.Equal(big, (await fixture.Lb.GetAsync(Host, fields: $"X-Big: {big}\r\n")).Field("X-Big"));
        Assert.Equal(431, (await fixture.Lb.GetAsync(Host, fields: $"X-Big: {big}{big}\r\n")).Status);
        Assert.Equal(414, (await fixture.Lb.GetAsync(Host, "/" + big)).Status);
    }

    public sealed class Fixture : LbFixture
    {
        public int TrustingPort { get; } = Ports.Free();

        protected override void Configure(LbConfig config) => config.Listener("trusting", TrustingPort, """{ "trustedProxies": ["127.0.0.0/8"] }""");
    }
}
