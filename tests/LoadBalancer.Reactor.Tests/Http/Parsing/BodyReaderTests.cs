using LoadBalancer.Reactor.Http.Parsing;

namespace LoadBalancer.Reactor.Tests.Http.Parsing;

public sealed class BodyReaderTests
{
    private static readonly int[] s_whole = [int.MaxValue / 2];
    private static readonly int[] s_single = [1];

    [Theory]
    [InlineData("0\r\n\r\n", "")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("1\r\na\r\n002\r\nbc\r\n00\r\n\r\n", "abc")]
    [InlineData("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789")]
    [InlineData("000000000000005\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5;a\r\nhello\r\n0;b=\"c;d\"\r\n\r\n", "hello")]
    [InlineData("5; a=b\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5;\t\u00e4\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("2\r\n\r\n\r\n0\r\n\r\n", "\r\n")]
    public void Chunks_are_read(string text, string content)
    {
        foreach (var pieces in new[] { s_whole, s_single })
        {
            Assert.Equal(new BodyText.Reading(BodyStatus.Complete, content, "", "next"), BodyText.Read(BodyReader.Chunked, text + "next", pieces));
        }
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData(" 5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5 \r\nhello\r\n0\r\n\r\n")]
    [InlineData("5 ;a\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5\t\r\nhello\r\n0\r\n\r\n")]
    [InlineData("+5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("-5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5_\r\nhello\r\n0\r\n\r\n")]
    [InlineData("g\r\nhello\r\n0\r\n\r\n")]
    [InlineData(";a\r\nhello\r\n0\r\n\r\n")]
    [InlineData("0000000000000005\r\nhello\r\n0\r\n\r\n")]
    [InlineData("1000000000000000\r\n")]
    [InlineData("ffffffffffffffff\r\n")]
    [InlineData("5\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a\rb\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a\0\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a\nb\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhello\n0\r\n\r\n")]
    [InlineData("5\r\nhello\r0\r\n\r\n")]
    [InlineData("5\r\nhelloX\r\n0\r\n\r\n")]
    [InlineData("5\r\nhell\r\n0\r\n\r\n")]
    [InlineData("5\r\nhello0\r\n\r\n")]
    [InlineData("5\r\nhello\r\n\r\n0\r\n\r\n")]
    [InlineData("0\r\n\n")]
    [InlineData("0\n\r\n")]
    [InlineData("0\r\n\rX\r\n")]
    [InlineData("0\r\nA : b\r\n\r\n")]
    [InlineData("0\r\nA: b\n\r\n")]
    [InlineData("0\r\nA: b\r\n c\r\n\r\n")]
    [InlineData("0\r\nA: b\0\r\n\r\n")]
    [InlineData("0\r\nnothing\r\n\r\n")]
    public void Chunks_that_could_be_read_in_two_ways_are_refused(string text)
    {
        Assert.Equal(BodyStatus.Malformed, BodyText.Read(BodyReader.Chunked, text, s_whole).Status);
        Assert.Equal(BodyStatus.Malformed, BodyText.Read(BodyReader.Chunked, text, s_single).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5\r")]
    [InlineData("5\r\n")]
    [InlineData("5\r\nhell")]
    [InlineData("5\r\nhello")]
    [InlineData("5\r\nhello\r")]
    [InlineData("5\r\nhello\r\n")]
    [InlineData("5\r\nhello\r\n0")]
    [InlineData("5\r\nhello\r\n0\r\n")]
    [InlineData("5\r\nhello\r\n0\r\n\r")]
    [InlineData("5\r\nhello\r\n0\r\nA: b\r\n")]
    public void Cut_chunks_are_not_whole(string text)
    {
        Assert.Equal(BodyStatus.NeedMore, BodyText.Read(BodyReader.Chunked, text, s_whole).Status);
        Assert.Equal(BodyStatus.NeedMore, BodyText.Read(BodyReader.Chunked, text, s_single).Status);
    }

    [Theory]
    [InlineData("A: b\r\nC:d \r\n", "A: b\r\nC: d\r\n")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: a\r\nConnection: close\r\nTrailer: A\r\nX-Forwarded-For: a\r\nCookie: a\r\nA: b\r\n", "A: b\r\n")]
    public void Trailers_go_on_but_for_those_that_would_change_the_message(string trailers, string kept)
    {
        foreach (var pieces in new[] { s_whole, s_single })
        {
            var reading = BodyText.Read(BodyReader.Chunked, $"1\r\na\r\n0\r\n{trailers}\r\n", pieces);
            Assert.Equal(new BodyText.Reading(BodyStatus.Complete, "a", kept, ""), reading);
        }
    }

    [Fact]
    public void Trailers_of_one_body_are_not_those_of_the_next()
    {
        var trailers = new TrailerSection();
        var at = 0;
        Assert.Equal(FieldStatus.Complete, trailers.Read("A: b\r\n\r\n"u8, ref at));
        Assert.NotEmpty(trailers.Lines);
        at = 0;
        Assert.Equal(FieldStatus.Complete, trailers.Read("\r\n"u8, ref at));
        Assert.Empty(trailers.Lines);
    }

    /// <summary>However the bytes come: the limit is a property of the line.</summary>
    [Theory]
    [InlineData(511, true)]
    [InlineData(512, false)]
    [InlineData(5_000, false)]
    public void A_line_of_a_chunk_is_short(int length, bool isTaken)
    {
        var status = isTaken ? BodyStatus.Complete : BodyStatus.Malformed;
        var text = $"1;{new string('x', length - 2)}\r\na\r\n0\r\n\r\n";
        Assert.Equal(status, BodyText.Read(BodyReader.Chunked, text, s_whole).Status);
        Assert.Equal(status, BodyText.Read(BodyReader.Chunked, text, s_single).Status);
    }

    [Theory]
    [InlineData((8 * 1024) - 7, true)]
    [InlineData(8 * 1024, false)]
    [InlineData(12 * 1024, false)]
    public void Trailers_are_short(int length, bool isTaken)
    {
        var status = isTaken ? BodyStatus.Complete : BodyStatus.Malformed;
        var text = $"0\r\nA: {new string('x', length)}\r\n\r\n";
        Assert.Equal(status, BodyText.Read(BodyReader.Chunked, text, s_whole).Status);
        Assert.Equal(status, BodyText.Read(BodyReader.Chunked, text, s_single).Status);
    }

    [Fact]
    public void So_many_trailers_and_no_more()
    {
        var most = string.Concat(Enumerable.Repeat("A: b\r\n", FieldTable.Most));
        Assert.Equal(BodyStatus.Complete, BodyText.Read(BodyReader.Chunked, $"0\r\n{most}\r\n", s_whole).Status);
        Assert.Equal(BodyStatus.Malformed, BodyText.Read(BodyReader.Chunked, $"0\r\n{most}A: b\r\n\r\n", s_whole).Status);
    }

    [Fact]
    public void A_length_is_counted_to_its_last_byte()
    {
        Assert.Equal(new BodyText.Reading(BodyStatus.Complete, "hello", "", "GET"), BodyText.Read(BodyReader.OfLength(5), "helloGET", s_whole));
        Assert.Equal(BodyStatus.NeedMore, BodyText.Read(BodyReader.OfLength(5), "hell", s_single).Status);
        Assert.True(BodyReader.OfLength(0).IsComplete);
        Assert.True(BodyReader.None.IsComplete);
        Assert.Equal(3_000_000_000, BodyReader.OfLength(3_000_000_000).Left);
    }

    [Fact]
    public void What_ends_with_the_connection_never_ends_by_itself()
    {
        var reading = BodyText.Read(BodyReader.UntilEnd, "0\r\n\r\n", s_single);
        Assert.Equal(new BodyText.Reading(BodyStatus.NeedMore, "0\r\n\r\n", "", ""), reading);
        Assert.True(BodyReader.UntilEnd.EndsWithConnection);
    }
}
