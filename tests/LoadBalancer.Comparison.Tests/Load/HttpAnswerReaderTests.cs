using System.Text;
using LoadBalancer.Comparison.Load;

namespace LoadBalancer.Comparison.Tests.Load;

public class HttpAnswerReaderTests
{
    private static readonly byte[] s_answer = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length:  5\r\n\r\nhello");

    [Fact]
    public void Every_split_in_two_gives_the_same_answer()
    {
        var reader = new HttpAnswerReader();
        for (var split = 1; split < s_answer.Length; split++)
        {
            reader.Reset();
            reader.Read(s_answer.AsSpan(0, split));
            Assert.False(reader.Complete);
            reader.Read(s_answer.AsSpan(split));
            Assert.True(reader is { Complete: true, Good: true }, $"split at {split}");
        }
    }

    [Fact]
    public void The_body_can_be_skipped_once_the_head_is_read()
    {
        var reader = new HttpAnswerReader();
        reader.Read(s_answer.AsSpan(0, s_answer.Length - 5));
        Assert.Equal(5, reader.Skippable);

        reader.Skip(5);

        Assert.True(reader.Complete);
    }

    [Fact]
    public void Another_status_is_complete_and_not_good()
    {
        var reader = new HttpAnswerReader();

        reader.Read("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"u8);

        Assert.True(reader is { Complete: true, Good: false });
    }

    [Theory]
    [InlineData("SSH-2.0-x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab")]
    public void What_cannot_be_one_answer_is_refused(string text) =>
        Assert.Throws<InvalidDataException>(() => new HttpAnswerReader().Read(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void A_head_without_an_end_is_refused() =>
        Assert.Throws<InvalidDataException>(() => new HttpAnswerReader().Read(new byte[9000]));
}
