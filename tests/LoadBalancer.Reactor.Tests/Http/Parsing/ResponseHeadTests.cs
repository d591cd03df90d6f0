using System.Text;
using LoadBalancer.Reactor.Http.Parsing;

namespace LoadBalancer.Reactor.Tests.Http.Parsing;

public sealed class ResponseHeadTests
{
    private readonly ResponseHead _response = new();

    [Fact]
    public void A_plain_answer_is_understood()
    {
        var head = Accepted("HTTP/1.1 404 Not here\r\nContent-Length: 5\r\nX-A: b\r\n\r\n");
        Assert.Equal(404, _response.Status);
        Assert.Equal("Not here", Encoding.Latin1.GetString(_response.Phrase.Of(head)));
        Assert.Equal(5, _response.ContentLength);
        Assert.True(_response.IsHttp11);
        Assert.True(_response.KeepAlive);
        Assert.False(_response.IsChunked);
        Assert.False(_response.IsInterim);
        Assert.True(_response.MayHaveBody);
    }

    [Fact]
    public void What_one_answer_says_is_forgotten_with_the_next()
    {
        Accepted("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
        Accepted("HTTP/1.1 200\r\n\r\n");
        Assert.Equal(0, _response.Phrase.Length);
        Assert.Equal(-1, _response.ContentLength);
        Assert.False(_response.IsChunked);
        Assert.True(_response.KeepAlive);
    }

    [Theory]
    [InlineData("HTTP/1.1 200\r\n\r\n")]
    [InlineData("HTTP/1.1 200 \r\n\r\n")]
    [InlineData("HTTP/1.0 999 \u00e4\r\n\r\n")]
    [InlineData("HTTP/1.1 200 a  b\tc\r\n\r\n")]
    public void A_phrase_may_be_anything_or_nothing(string text) => Accepted(text);

    [Theory]
    [InlineData("HTTP/1.1 20\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2a0 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 -20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1\t200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200\tOK\r\n\r\n")]
    [InlineData("HTTP/1.2 200 OK\r\n\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.10 200 OK\r\n\r\n")]
    [InlineData("http/1.1 200 OK\r\n\r\n")]
    [InlineData("ICY 200 OK\r\n\r\n")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n")]
    [InlineData(" HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\n")]
    [InlineData("HTTP/1.1 200 O\rK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 O\0K\r\n\r\n")]
    [InlineData("\n")]
    [InlineData("hello")]
    [InlineData("HTTP/2")]
    public void A_line_of_another_form_is_refused(string text) => Refused(text);

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 5")]
    [InlineData("Content-Length: 0\r\nContent-Length: 0")]
    [InlineData("Content-Length: 5, 5")]
    [InlineData("Content-Length: -1")]
    [InlineData("Content-Length: +1")]
    [InlineData("Content-Length:")]
    [InlineData("Content-Length: 1000000000000000000")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5")]
    [InlineData("Transfer-Encoding: gzip, chunked")]
    [InlineData("Transfer-Encoding: identity")]
    [InlineData("Transfer-Encoding:")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")]
    [InlineData("A: b\r\n c")]
    [InlineData("A: b\rc")]
    [InlineData("A: b\0c")]
    [InlineData("A: b\nC: d")]
    [InlineData("A")]
    [InlineData(": b")]
    [InlineData(" : b")]
    [InlineData(" A: b")]
    [InlineData("A b: c")]
    public void Fields_that_could_be_read_in_two_ways_are_refused(string fields) => Refused($"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n");

    [Fact]
    public void An_answer_of_http_1_0_has_no_transfer_codings() => Refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");

    [Fact]
    public void White_space_before_a_colon_is_taken_away()
    {
        var head = Accepted("HTTP/1.1 200 OK\r\nContent-Length \t: 5\r\n\r\n");
        Assert.Equal(5, _response.ContentLength);
        Assert.Equal("Content-Length", Encoding.Latin1.GetString(_response.Table.Fields[0].Name.Of(head)));
    }

    [Theory]
    [InlineData(100, true, false)]
    [InlineData(101, true, false)]
    [InlineData(199, true, false)]
    [InlineData(200, false, true)]
    [InlineData(204, false, false)]
    [InlineData(205, false, true)]
    [InlineData(304, false, false)]
    public void The_status_tells_whether_a_body_may_come(int status, bool isInterim, bool mayHaveBody)
    {
        Accepted($"HTTP/1.1 {status} X\r\n\r\n");
        Assert.Equal(isInterim, _response.IsInterim);
        Assert.Equal(mayHaveBody, _response.MayHaveBody);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", false)]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n", false)]
    [InlineData("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: keep-alive, close\r\n\r\n", false)]
    public void Whether_the_connection_goes_on_is_told_by_version_and_Connection(string text, bool keepAlive)
    {
        Accepted(text);
        Assert.Equal(keepAlive, _response.KeepAlive);
    }

    [Theory]
    [InlineData("Content-Length: 5", false)]
    [InlineData("Transfer-Encoding: chunked", false)]
    [InlineData("Content-Length: 0", true)]
    public void After_a_204_that_promises_a_body_the_connection_is_not_used_again(string field, bool keepAlive)
    {
        Accepted($"HTTP/1.1 204 No Content\r\n{field}\r\n\r\n");
        Assert.Equal(keepAlive, _response.KeepAlive);
    }

    [Fact]
    public void So_many_fields_and_no_more()
    {
        var most = string.Concat(Enumerable.Range(0, FieldTable.Most).Select(static i => $"A{i}: b\r\n"));
        Accepted($"HTTP/1.1 200 OK\r\n{most}\r\n");
        Refused($"HTTP/1.1 200 OK\r\n{most}B: c\r\n\r\n");
    }

    private byte[] Accepted(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        Assert.True(_response.TryParse(bytes, out var length));
        Assert.Equal(bytes.Length, length);
        return bytes;
    }

    private void Refused(string text) => Assert.False(_response.TryParse(Encoding.Latin1.GetBytes(text), out _));
}
