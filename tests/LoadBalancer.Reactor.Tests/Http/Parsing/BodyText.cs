using System.Text;
using LoadBalancer.Reactor.Http;
using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Tests.Http.Parsing;

/// <summary>Feeds a body in pieces to a reader or a transfer and collects what comes out.</summary>
internal static class BodyText
{
    public sealed record Reading(BodyStatus Status, string Content, string Trailers, string Rest);

    public static Reading Read(BodyReader reader, string text, IEnumerable<int> pieces)
    {
        var input = new ByteBuffer(BufferPool.Size);
        var trailers = new TrailerSection();
        var content = new StringBuilder();
        var status = BodyStatus.NeedMore;
        foreach (var piece in Pieces(text, pieces))
        {
            input.Compact();
            input.Write(piece);
            while (status is not (BodyStatus.Complete or BodyStatus.Malformed) && (status = reader.Next(input, out var count, trailers)) == BodyStatus.Data)
            {
                content.Append(Encoding.Latin1.GetString(input.Filled[..count]));
                input.Consume(count);
                reader.Take(count);
            }
        }
        return new Reading(
            status,
            content.ToString(),
            status == BodyStatus.Complete ? Encoding.Latin1.GetString(trailers.Lines) : "",
            status == BodyStatus.Complete ? Encoding.Latin1.GetString(input.Filled) : "");
    }

    /// <summary>What a transfer writes, through an output of which only so much is free at a time.</summary>
    public static (BodyStatus Status, string Written) Transfer(BodyTransfer transfer, string text, IEnumerable<int> pieces, int room)
    {
        var input = new ByteBuffer(BufferPool.Size);
        var trailers = new TrailerSection();
        var written = new StringBuilder();
        var status = BodyStatus.NeedMore;
        foreach (var piece in Pieces(text, pieces))
        {
            input.Compact();
            input.Write(piece);
            do
            {
                var output = new ByteBuffer(room);
                status = transfer.Fill(input, output, trailers);
                written.Append(Encoding.Latin1.GetString(output.Filled));
            }
            while (status == BodyStatus.Data);
        }
        return (status, written.ToString());
    }

    /// <summary>The text cut at the given lengths, used round and round.</summary>
    public static IEnumerable<byte[]> Pieces(string text, IEnumerable<int> lengths)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var at = 0;
        while (true)
        {
            foreach (var length in lengths)
            {
                if (at == bytes.Length)
                {
                    yield break;
                }
                var end = Math.Min(bytes.Length, at + length);
                yield return bytes[at..end];
                at = end;
            }
        }
    }
}
