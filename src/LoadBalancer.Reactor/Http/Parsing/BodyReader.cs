using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>
/// Finds the end of a body (RFC 9112 sections 6 and 7): by its length, by its chunks, or by the end of the connection. Lines
/// of the chunked coding are read when all of them is there; they are short.
/// </summary>
internal struct BodyReader
{
    private const int LongestLine = 512;
    private const int LongestTrailers = 8 * 1024;

    private State _state;
    private long _left;

    private enum State : byte
    {
        Complete,
        Length,
        UntilEnd,
        ChunkSize,
        ChunkData,
        ChunkEnd,
        Trailers,
    }

    public static BodyReader None => default;

    public static BodyReader Chunked => new() { _state = State.ChunkSize };

    /// <summary>The body ends with the connection.</summary>
    public static BodyReader UntilEnd => new() { _state = State.UntilEnd };

    public static BodyReader OfLength(long length) => new() { _state = length > 0 ? State.Length : State.Complete, _left = length };

    public readonly bool IsComplete => _state == State.Complete;

    public readonly bool EndsWithConnection => _state == State.UntilEnd;

    /// <summary>How much content is known to come, of this chunk or altogether.</summary>
    public readonly long Left => _state is State.Length or State.ChunkData ? _left : 0;

    /// <summary>
    /// What comes next. Of <see cref="BodyStatus.Data"/> the first <paramref name="count"/> bytes of the input are content: the caller
    /// takes some and says so by <see cref="Take"/>. Framing is consumed here.
    /// </summary>
    /// <param name="input">The bytes that have come.</param>
    /// <param name="count">How many of them are content.</param>
    /// <param name="trailers">Where trailer fields are put when the body is complete.</param>
    public BodyStatus Next(ByteBuffer input, out int count, TrailerSection trailers)
    {
        count = 0;
        while (true)
        {
            var bytes = input.Filled;
            switch (_state)
            {
                case State.Complete:
                    return BodyStatus.Complete;
                case State.Length or State.ChunkData:
                    count = (int)Math.Min(_left, bytes.Length);
                    return count > 0 ? BodyStatus.Data : BodyStatus.NeedMore;
                case State.UntilEnd:
                    count = bytes.Length;
                    return count > 0 ? BodyStatus.Data : BodyStatus.NeedMore;
                case State.ChunkEnd:
                    if (bytes.Length < 2)
                    {
                        return bytes.IsEmpty || bytes[0] == '\r' ? BodyStatus.NeedMore : BodyStatus.Malformed;
                    }
                    if (!bytes.StartsWith("\r\n"u8))
                    {
                        return BodyStatus.Malformed;
                    }
                    input.Consume(2);
                    _state = State.ChunkSize;
                    break;
                case State.ChunkSize:
                    var status = ReadSize(input, bytes);
                    if (status != BodyStatus.Data)
                    {
                        return status;
                    }
                    break;
                default:
                    return ReadTrailers(input, bytes, trailers);
            }
        }
    }

    /// <summary>The caller has taken so much content; it consumes that from the input itself.</summary>
    public void Take(int count)
    {
        if (_state == State.UntilEnd)
        {
            return;
        }
        _left -= count;
        if (_left == 0)
        {
            _state = _state == State.Length ? State.Complete : State.ChunkEnd;
        }
    }

    private BodyStatus ReadSize(ByteBuffer input, ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0)
        {
            return bytes.Length > LongestLine ? BodyStatus.Malformed : BodyStatus.NeedMore;
        }
        if (end is 0 or > LongestLine || bytes[end - 1] != '\r')
        {
            return BodyStatus.Malformed;
        }
        var line = bytes[..(end - 1)];
        var digits = line.IndexOf((byte)';');
        var size = digits < 0 ? line : line[..digits];
        // Extensions are for this hop only (RFC 9112 section 7.1.1): checked and left behind.
        if (size.Length is 0 or > 15 || !HeadSyntax.IsFieldValue(line) || !TryParseHex(size, out _left))
        {
            return BodyStatus.Malformed;
        }
        input.Consume(end + 1);
        _state = _left > 0 ? State.ChunkData : State.Trailers;
        return BodyStatus.Data;
    }

    private BodyStatus ReadTrailers(ByteBuffer input, ReadOnlySpan<byte> bytes, TrailerSection trailers)
    {
        var length = 0;
        switch (trailers.Read(bytes, ref length))
        {
            // The limit holds however much came at once: what is written for it must fit into a buffer.
            case FieldStatus.Complete when length <= LongestTrailers:
                input.Consume(length);
                _state = State.Complete;
                return BodyStatus.Complete;
            case FieldStatus.Incomplete when bytes.Length <= LongestTrailers:
                return BodyStatus.NeedMore;
            default:
                return BodyStatus.Malformed;
        }
    }

    private static bool TryParseHex(ReadOnlySpan<byte> digits, out long value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            var nibble = digit switch
            {
                >= (byte)'0' and <= (byte)'9' => digit - '0',
                >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
                _ => -1,
            };
            if (nibble < 0)
            {
                return false;
            }
            value = (value << 4) | (uint)nibble;
        }
        return true;
    }
}
