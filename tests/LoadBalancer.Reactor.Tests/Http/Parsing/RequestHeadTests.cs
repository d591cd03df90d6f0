using System.Text;
using LoadBalancer.Reactor.Http.Parsing;

namespace LoadBalancer.Reactor.Tests.Http.Parsing;

public sealed class RequestHeadTests
{
    private readonly RequestHead _request = new();

    [Fact]
    public void A_plain_request_is_understood()
    {
        var head = Accepted("GET /a?b=c HTTP/1.1\r\nHost: api\r\nX-A:  v \t\r\n\r\n");

        Assert.Equal("GET", Text(head, _request.Method));
        Assert.Equal("/a?b=c", Text(head, _request.Target));
        Assert.Equal("api", Text(head, _request.Authority));
        Assert.True(_request.IsHttp11);
        Assert.True(_request.KeepAlive);
        Assert.True(_request.IsIdempotent);
        Assert.False(_request.HasBody);
        Assert.Equal(["Host=api", "X-A=v"], _request.Table.Fields.ToArray().Select(f => $"{Text(head, f.Name)}={Text(head, f.Value)}"));
    }

    [Fact]
    public void What_one_request_says_is_forgotten_with_the_next()
    {
        Accepted("POST http://other/ HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
        var head = Accepted("GET /a HTTP/1.1\r\nHost: api\r\n\r\n");

        Assert.Equal("api", Text(head, _request.Authority));
        Assert.False(_request.HasBody);
        Assert.False(_request.IsChunked);
        Assert.True(_request.KeepAlive);
        Accepted("OPTIONS * HTTP/1.1\r\nHost: api\r\nContent-Length: 3\r\n\r\n");
        Accepted("HEAD /a HTTP/1.1\r\nHost: api\r\n\r\n");
        Assert.False(_request.IsOptionsOfServer);
        Assert.Equal(0, _request.ContentLength);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: api\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\r\nHost: api\r\nConnection: CLOSE\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: api\r\nConnection: x, close ,y\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: api\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false)]
    public void Whether_the_connection_goes_on_is_told_by_version_and_Connection(string text, bool keepAlive)
    {
        Accepted(text);
        Assert.Equal(keepAlive, _request.KeepAlive);
    }

    [Theory]
    [InlineData("Content-Length: 0", 0L)]
    [InlineData("Content-Length: 5", 5L)]
    [InlineData("content-length:\t0005 ", 5L)]
    [InlineData("Content-Length: 999999999999999999", 999_999_999_999_999_999L)]
    public void One_length_of_digits_is_taken(string field, long length)
    {
        Accepted(Post(field));
        Assert.Equal(length, _request.ContentLength);
        Assert.Equal(length > 0, _request.HasBody);
    }

    [Theory]
    [InlineData("Content-Length:")]
    [InlineData("Content-Length: +5")]
    [InlineData("Content-Length: -5")]
    [InlineData("Content-Length: 0x5")]
    [InlineData("Content-Length: 5a")]
    [InlineData("Content-Length: 5 5")]
    [InlineData("Content-Length: 5, 5")]
    [InlineData("Content-Length: 5,")]
    [InlineData("Content-Length: 5;a")]
    [InlineData("Content-Length: 5\u00b2")]
    [InlineData("Content-Length: 1000000000000000000")]
    [InlineData("Content-Length: 99999999999999999999999")]
    [InlineData("Content-Length: 5\r\nContent-Length: 5")]
    [InlineData("Content-Length: 5\r\nA: b\r\ncontent-length: 6")]
    public void An_odd_or_repeated_length_is_refused(string field) => Refused(400, Post(field));

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 0")]
    public void Two_lengths_are_refused(string fields) => Refused(400, Post(fields));

    [Theory]
    [InlineData("Transfer-Encoding: chunked")]
    [InlineData("transfer-encoding:CHUNKED ")]
    public void Chunked_alone_is_taken(string field)
    {
        Accepted(Post(field));
        Assert.True(_request.IsChunked);
        Assert.True(_request.HasBody);
    }

    [Theory]
    [InlineData(501, "Transfer-Encoding: gzip, chunked")]
    [InlineData(501, "Transfer-Encoding: chunked, chunked")]
    [InlineData(501, "Transfer-Encoding: , chunked")]
    [InlineData(501, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")]
    [InlineData(501, "Transfer-Encoding: gzip\t,\tchunked")]
    [InlineData(400, "Transfer-Encoding:")]
    [InlineData(400, "Transfer-Encoding: identity")]
    [InlineData(400, "Transfer-Encoding: gzip")]
    [InlineData(400, "Transfer-Encoding: chunked, gzip")]
    [InlineData(400, "Transfer-Encoding: chunked,")]
    [InlineData(400, "Transfer-Encoding: chunked;q=1")]
    [InlineData(400, "Transfer-Encoding: \"chunked\"")]
    [InlineData(400, "Transfer-Encoding: xchunked")]
    [InlineData(400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity")]
    [InlineData(400, "Transfer-Encoding: \u000bchunked")]
    public void Any_other_transfer_coding_is_refused(int status, string field) => Refused(status, Post(field));

    [Fact]
    public void Http_1_0_has_no_transfer_codings() => Refused(400, "POST / HTTP/1.0\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n");

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: api\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: api\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: api\r\n\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: api\r\nA: b\n\r\n")]
    [InlineData("\nGET / HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("\r\n\r\nGET / HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("\rGET / HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\r\nHost: api\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: api\r\nA: b\rC: d\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: api\r\nA: b\r\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: api\r\n\r\r\n\r\n")]
    public void A_bare_line_feed_or_carriage_return_is_refused(string text) => Refused(400, text);

    [Theory]
    [InlineData("Content-Length : 5")]
    [InlineData("Content-Length\t: 5")]
    [InlineData(" Content-Length: 5")]
    [InlineData("\tContent-Length: 5")]
    [InlineData("A: b\r\n c")]
    [InlineData("A: b\r\n\tc")]
    [InlineData("A: b\r\n \r\nC: d")]
    [InlineData(": b")]
    [InlineData("A")]
    [InlineData("A b: c")]
    [InlineData("A(b): c")]
    [InlineData("\u00c4: c")]
    [InlineData("A\0: c")]
    [InlineData("A: b\0c")]
    [InlineData("A: b\u0001c")]
    [InlineData("A: b\u001fc")]
    [InlineData("A: b\u007fc")]
    [InlineData("A: \u000bb")]
    [InlineData("A: b\u000c")]
    public void A_field_line_that_could_be_read_in_two_ways_is_refused(string line) => Refused(400, $"GET / HTTP/1.1\r\nHost: api\r\n{line}\r\n\r\n");

    [Theory]
    [InlineData("A:")]
    [InlineData("A: \t ")]
    [InlineData("A:b")]
    [InlineData("A: b\tc")]
    [InlineData("A: \u00e4\u00ff")]
    [InlineData("!#$%&'*+-.^_`|~09azAZ: b:c")]
    public void Every_other_field_line_is_taken(string line) => Accepted($"GET / HTTP/1.1\r\nHost: api\r\n{line}\r\n\r\n");

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nhost:\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET http://a/ HTTP/1.1\r\n\r\n")]
    [InlineData("GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n")]
    public void There_is_exactly_one_Host(string text) => Refused(400, text);

    [Theory]
    [InlineData("api")]
    [InlineData("API.example:8080")]
    [InlineData("a_b-c.d~e.")]
    [InlineData("a%20b")]
    [InlineData("10.0.0.1:1")]
    [InlineData("[::1]")]
    [InlineData("[::1]:8080")]
    [InlineData("[::ffff:1.2.3.4]:65535")]
    public void A_host_may_be_a_name_or_an_address_with_a_port(string host)
    {
        var head = Accepted($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        Assert.Equal(host, Text(head, _request.Authority));
        head = Accepted($"GET http://{host}/x HTTP/1.1\r\nHost: other\r\n\r\n");
        Assert.Equal(host, Text(head, _request.Authority));
    }

    [Theory]
    [InlineData(":80")]
    [InlineData(":")]
    [InlineData("a:")]
    [InlineData("a:b")]
    [InlineData("a:80:80")]
    [InlineData("a:123456")]
    [InlineData("a:-1")]
    [InlineData("a b")]
    [InlineData("a,b")]
    [InlineData("a/b")]
    [InlineData("user@a")]
    [InlineData("a\\b")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("\u00e4")]
    [InlineData("::1")]
    [InlineData("[]")]
    [InlineData("[:1]")]
    [InlineData("[::]:80")]
    [InlineData("[::1]:")]
    [InlineData("[::1")]
    [InlineData("::1]")]
    [InlineData("[::1]x")]
    [InlineData("[::1]80")]
    [InlineData("[::1]:x")]
    [InlineData("[fe80::1%eth0]")]
    [InlineData("[[::1]]")]
    [InlineData("a[::1]")]
    public void A_host_that_is_none_is_refused(string host) => Refused(400, $"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");

    [Fact]
    public void An_empty_host_leaves_the_authority_empty()
    {
        Accepted("GET / HTTP/1.1\r\nHost:\r\n\r\n");
        Assert.Equal(0, _request.Authority.Length);
        Accepted("GET / HTTP/1.0\r\n\r\n");
        Assert.Equal(0, _request.Authority.Length);
    }

    [Theory]
    [InlineData(505, "HTTP/2.0")]
    [InlineData(505, "HTTP/0.9")]
    [InlineData(505, "HTTP/1.2")]
    [InlineData(505, "HTTP/9.9")]
    [InlineData(400, "HTTP/1.10")]
    [InlineData(400, "HTTP/11")]
    [InlineData(400, "HTTP/2")]
    [InlineData(400, "HTTP/1.1 ")]
    [InlineData(400, "http/1.1")]
    [InlineData(400, "HTTP/a.b")]
    [InlineData(400, "HTTP 1.1")]
    [InlineData(400, "ICAP/1.0")]
    [InlineData(400, " HTTP/1.1")]
    [InlineData(400, "HTTP/1.1\t")]
    [InlineData(400, "")]
    public void Another_version_is_refused(int status, string version) => Refused(status, $"GET / {version}\r\nHost: api\r\n\r\n");

    [Theory]
    [InlineData("GET /\r\nHost: api\r\n\r\n")]
    [InlineData("GET\r\nHost: api\r\n\r\n")]
    [InlineData(" GET / HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("G(T / HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET\t/\tHTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET  / HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET /a b HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET /a\tb HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET /\u00e4 HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET /#a HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET /\0 HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET /a%00?b HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET http://api/%00 HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET a HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET ftp://a/ HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET http:/// HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET http://a:/ HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET http:// HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET http://u@a/ HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET http://?a HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("GET * HTTP/1.1\r\nHost: api\r\n\r\n")]
    [InlineData("OPTIONS ** HTTP/1.1\r\nHost: api\r\n\r\n")]
    public void A_line_of_another_form_is_refused(string text) => Refused(400, text);

    [Theory]
    [InlineData("http://other:81/a?b", "other:81", "/a?b")]
    [InlineData("HTTP://other", "other", "")]
    [InlineData("https://other?b", "other", "?b")]
    [InlineData("http://[::1]:80/", "[::1]:80", "/")]
    [InlineData("http://other/%2500%0?a%00", "other", "/%2500%0?a%00")]
    public void The_absolute_form_names_the_host(string target, string authority, string path)
    {
        var head = Accepted($"GET {target} HTTP/1.1\r\nHost: api\r\n\r\n");
        Assert.Equal(authority, Text(head, _request.Authority));
        Assert.Equal(path, Text(head, _request.Target));
    }

    [Fact]
    public void Options_of_the_server_and_a_tunnel_are_recognised()
    {
        Accepted("OPTIONS * HTTP/1.1\r\nHost: api\r\n\r\n");
        Assert.True(_request.IsOptionsOfServer);
        Accepted("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n");
        Assert.True(_request.IsConnect);
        Accepted("connect /a HTTP/1.1\r\nHost: api\r\n\r\n");
        Assert.False(_request.IsConnect);
    }

    [Fact]
    public void Upgrade_needs_both_fields_and_http_1_1()
    {
        Accepted("GET / HTTP/1.1\r\nHost: api\r\nConnection: x, Upgrade\r\nUpgrade: websocket\r\n\r\n");
        Assert.True(_request.WantsUpgrade);
        Accepted("GET / HTTP/1.1\r\nHost: api\r\nUpgrade: websocket\r\n\r\n");
        Assert.False(_request.WantsUpgrade);
        Accepted("GET / HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\n\r\n");
        Assert.False(_request.WantsUpgrade);
        Accepted("GET / HTTP/1.0\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
        Assert.False(_request.WantsUpgrade);
    }

    [Fact]
    public void Connection_cannot_take_away_what_frames_or_addresses_the_message()
    {
        Accepted("POST / HTTP/1.1\r\nX-A: b\r\nHost: api\r\nContent-Length: 5\r\nConnection: host, content-length, transfer-encoding, x-a, x-c\r\nX-C: d\r\n\r\n");
        Assert.Equal(5, _request.ContentLength);
        Assert.Equal(
            [FieldKind.HopByHop, FieldKind.Host, FieldKind.ContentLength, FieldKind.Connection, FieldKind.HopByHop],
            _request.Table.Fields.ToArray().Select(static f => f.Kind));
    }

    [Fact]
    public void So_many_fields_and_no_more()
    {
        var most = string.Concat(Enumerable.Range(0, FieldTable.Most - 1).Select(static i => $"A{i}: b\r\n"));
        Accepted($"GET / HTTP/1.1\r\nHost: api\r\n{most}\r\n");
        Refused(431, $"GET / HTTP/1.1\r\nHost: api\r\n{most}B: c\r\n\r\n");
    }

    [Fact]
    public void A_target_that_is_too_long_is_refused()
    {
        Accepted($"GET /{new string('a', (8 * 1024) - 1)} HTTP/1.1\r\nHost: api\r\n\r\n");
        Refused(414, $"GET /{new string('a', 8 * 1024)} HTTP/1.1\r\nHost: api\r\n\r\n");
    }

    [Fact]
    public void One_empty_line_before_the_request_is_ignored()
    {
        var head = Accepted("\r\nGET /a HTTP/1.1\r\nHost: api\r\n\r\n");
        Assert.Equal("GET", Text(head, _request.Method));
        Assert.Equal("/a", Text(head, _request.Target));
        head = Accepted("\r\nGET http://b/a HTTP/1.1\r\nHost: api\r\n\r\n");
        Assert.Equal("b", Text(head, _request.Authority));
    }

    [Fact]
    public void What_follows_the_head_is_not_looked_at()
    {
        var bytes = Encoding.Latin1.GetBytes("GET /a HTTP/1.1\r\nHost: api\r\n\r\n\nGET \0");
        Assert.Null(_request.Parse(bytes, out var length));
        Assert.Equal(bytes.Length - 6, length);
    }

    private static string Post(string fields) => $"POST / HTTP/1.1\r\nHost: api\r\n{fields}\r\n\r\n";

    private static string Text(byte[] head, Slice slice) => Encoding.Latin1.GetString(slice.Of(head));

    private byte[] Accepted(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        Assert.Null(_request.Parse(bytes, out var length)?.Text);
        Assert.Equal(bytes.Length, length);
        return bytes;
    }

    private void Refused(int status, string text)
    {
        var refusal = _request.Parse(Encoding.Latin1.GetBytes(text), out var length);
        Assert.NotNull(refusal);
        Assert.Equal(status, refusal.Status);
        Assert.True(refusal.Phrase.Length > 0);
        Assert.Equal("bad_request", refusal.Reason);
    }
}
