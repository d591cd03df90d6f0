using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http;

/// <summary>
/// One body on its way from one connection to another: read with one framing, written with another. What is written is
/// made from what was understood, never the sender's own framing.
/// </summary>
internal struct BodyTransfer(BodyReader reader, bool isChunked)
{
    /// <summary>Room for the frame of a chunk: its size in hex and two line ends.</summary>
    public const int ChunkFrame = 12;

    private BodyReader _reader = reader;
    private byte[]? _end;

    /// <summary>True when all of it has been written, with its end.</summary>
    public bool IsDone { get; private set; }

    /// <summary>How much content has been written, without the frame.</summary>
    public long Content { get; private set; }

    /// <summary>True when the end of the connection ends the body.</summary>
    public readonly bool EndsWithConnection => _reader.EndsWithConnection;

    /// <summary>Writes as much as is there and as there is room for.</summary>
    /// <returns>
    /// <see cref="BodyStatus.Data"/> when there is no more room, <see cref="BodyStatus.NeedMore"/> when the input is used up.
    /// </returns>
    public BodyStatus Fill(ByteBuffer? input, ByteBuffer output, TrailerSection trailers)
    {
        while (!IsDone)
        {
            if (_end is not null || _reader.IsComplete)
            {
                return WriteEnd(output);
            }
            if (input is null)
            {
                return BodyStatus.NeedMore;
            }
            var room = output.Free.Length - ChunkFrame;
            if (room <= 0)
            {
                return BodyStatus.Data;
            }
            switch (_reader.Next(input, out var count, trailers))
            {
                case BodyStatus.Data:
                    count = Math.Min(count, room);
                    WritePiece(output, input.Filled[..count]);
                    input.Consume(count);
                    _reader.Take(count);
                    Content += count;
                    break;
                case BodyStatus.Complete:
                    _end = trailers.Lines;
                    break;
                case var status:
                    return status;
            }
        }
        return BodyStatus.Complete;
    }

    /// <summary>How many bytes of the input may go on as they are; 0 when they need a frame or are few.</summary>
    public BodyStatus Peek(ByteBuffer input, out int count, TrailerSection trailers)
    {
        count = 0;
        return isChunked ? BodyStatus.NeedMore : _reader.Next(input, out count, trailers);
    }

    /// <summary>So many bytes went on as they are.</summary>
    public void Take(ByteBuffer input, int count)
    {
        input.Consume(count);
        _reader.Take(count);
        IsDone = _reader.IsComplete;
    }

    /// <summary>
    /// When all of the input is content and may go on as it is, counts it as written; its bytes then are the caller's to send.
    /// </summary>
    public bool TryTakeAll(ByteBuffer input, TrailerSection trailers)
    {
        if (isChunked || _reader.Next(input, out var count, trailers) != BodyStatus.Data || count < input.Length)
        {
            return false;
        }
        _reader.Take(count);
        Content += count;
        IsDone = _reader.IsComplete;
        return true;
    }

    /// <summary>The connection that carried it has ended, and that is its end.</summary>
    public void EndOfConnection() => _end = [];

    private BodyStatus WriteEnd(ByteBuffer output)
    {
        if (isChunked)
        {
            var trailers = _end ?? [];
            if (output.Free.Length < trailers.Length + 5)
            {
                return BodyStatus.Data;
            }
            output.Write("0\r\n"u8);
            output.Write(trailers);
            output.Write("\r\n"u8);
        }
        IsDone = true;
        return BodyStatus.Complete;
    }

    private readonly void WritePiece(ByteBuffer output, ReadOnlySpan<byte> piece)
    {
        if (!isChunked)
        {
            output.Write(piece);
            return;
        }
        output.WriteHex(piece.Length);
        output.Write("\r\n"u8);
        output.Write(piece);
        output.Write("\r\n"u8);
    }
}
