using CsCheck;
using LoadBalancer.Reactor.Http;
using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Tests.Http.Parsing;
using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Http;

public sealed class BodyTransferTests
{
    private static readonly int[] s_whole = [int.MaxValue / 2];

    [Fact]
    public void Chunks_are_made_anew()
    {
        var (status, written) = BodyText.Transfer(new BodyTransfer(BodyReader.Chunked, isChunked: true), "005;a=b\r\nhello\r\n0;c\r\nA:b\r\nHost: x\r\n\r\n", s_whole, 1_000);
        Assert.Equal(BodyStatus.Complete, status);
        Assert.Equal("5\r\nhello\r\n0\r\nA: b\r\n\r\n", written);
    }

    [Fact]
    public void Chunks_become_plain_for_who_does_not_know_them()
    {
        var (status, written) = BodyText.Transfer(new BodyTransfer(BodyReader.Chunked, isChunked: false), "5\r\nhello\r\n0\r\nA: b\r\n\r\n", s_whole, 1_000);
        Assert.Equal(BodyStatus.Complete, status);
        Assert.Equal("hello", written);
    }

    [Fact]
    public void What_ends_with_the_connection_becomes_chunks()
    {
        var transfer = new BodyTransfer(BodyReader.UntilEnd, isChunked: true);
        var (status, written) = BodyText.Transfer(transfer, "hello", s_whole, 1_000);
        Assert.Equal(BodyStatus.NeedMore, status);
        Assert.Equal("5\r\nhello\r\n", written);
        transfer.EndOfConnection();
        (status, written) = BodyText.Transfer(transfer, "-", s_whole, 1_000);
        Assert.Equal(BodyStatus.Complete, status);
        Assert.Equal("0\r\n\r\n", written);
    }

    [Fact]
    public void Nothing_of_what_follows_a_body_is_taken()
    {
        var (status, written) = BodyText.Transfer(new BodyTransfer(BodyReader.OfLength(5), isChunked: false), "helloGET /", s_whole, 1_000);
        Assert.Equal(BodyStatus.Complete, status);
        Assert.Equal("hello", written);
    }

    /// <summary>However a body comes in, and however little room there is at the other side.</summary>
    [Fact]
    public void Splits_and_room_make_no_difference() =>
        Cases.Check(Gen.Select(BodyGen.Chunked, Gen.Int[1, 40].Array[1, 20], Gen.Int[64, 400], Gen.Bool), seed: 2, count: 3_000, static one =>
        {
            var (body, pieces, room, isChunked) = one;
            var (status, written) = BodyText.Transfer(new BodyTransfer(BodyReader.Chunked, isChunked), body.Text, pieces, room);
            Assert.Equal(BodyStatus.Complete, status);
            if (!isChunked)
            {
                Assert.Equal(body.Content, written);
                return;
            }
            var reading = BodyText.Read(BodyReader.Chunked, written, s_whole);
            Assert.Equal(new BodyText.Reading(BodyStatus.Complete, body.Content, body.Trailers, ""), reading);
        });

    /// <summary>A byte is changed, taken away or put in: pieces are judged like the whole.</summary>
    [Fact]
    public void Splits_make_no_difference_to_what_is_broken_either() =>
        Cases.Check(Gen.Select(BodyGen.Chunked, MutationGen.Mutations, Gen.Int[1, 9].Array[1, 9]), seed: 3, count: 10_000, static one =>
        {
            var (body, mutations, pieces) = one;
            var text = mutations.Aggregate(body.Text, static (text, mutation) => mutation.Of(text));
            if (text.Length == 0)
            {
                return;
            }
            var whole = BodyText.Read(BodyReader.Chunked, text, s_whole);
            var split = BodyText.Read(BodyReader.Chunked, text, pieces);
            if (whole.Status != BodyStatus.Malformed)
            {
                Assert.Equal(whole, split);
            }
            else
            {
                Assert.Equal(whole.Content, split.Content);
                // What is wrong with a line may be seen before it ends.
                Assert.Equal(BodyStatus.Malformed, split.Status);
            }
        });
}
