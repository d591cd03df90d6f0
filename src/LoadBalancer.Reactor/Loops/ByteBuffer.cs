namespace LoadBalancer.Reactor.Loops;

/// <summary>
/// A pinned piece of memory that is filled at its end and consumed from its start. Rented from a <see cref="BufferPool"/>;
/// belongs to one loop.
/// </summary>
internal sealed class ByteBuffer(int size)
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(size, pinned: true);
    private int _start;
    private int _end;

    /// <summary>What has been written and not consumed.</summary>
    public Span<byte> Filled => _bytes.AsSpan(_start, _end - _start);

    public ReadOnlyMemory<byte> FilledMemory => _bytes.AsMemory(_start, _end - _start);

    /// <summary>Where more can be written.</summary>
    public Span<byte> Free => _bytes.AsSpan(_end);

    public bool IsEmpty => _start == _end;

    public int Length => _end - _start;

    public int Capacity => _bytes.Length;

    public void Advance(int written) => _end += written;

    /// <summary>Forgets what was written last.</summary>
    public void TakeBack(int count) => _end -= count;

    public void Consume(int count)
    {
        _start += count;
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
        }
    }

    /// <summary>Makes all of what is consumed free again.</summary>
    public void Compact()
    {
        if (_start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            _end -= _start;
            _start = 0;
        }
    }

    /// <summary>True when so much has been consumed that <see cref="Prepend"/> can take its place.</summary>
    public bool HasRoomBefore(int length) => length <= _start;

    /// <summary>Writes before what is filled.</summary>
    public void Prepend(ReadOnlySpan<byte> bytes)
    {
        _start -= bytes.Length;
        bytes.CopyTo(_bytes.AsSpan(_start));
    }

    /// <summary>Writes before what is filled, which moves up if need be; there must be room for both.</summary>
    public void Insert(ReadOnlySpan<byte> bytes)
    {
        if (!HasRoomBefore(bytes.Length))
        {
            var length = Length;
            Filled.CopyTo(_bytes.AsSpan(bytes.Length));
            _start = bytes.Length;
            _end = bytes.Length + length;
        }
        Prepend(bytes);
    }

    /// <summary>Forgets what was written behind the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length) => _end = _start + length;

    public void Clear()
    {
        _start = 0;
        _end = 0;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    public void Write(byte value) => _bytes[_end++] = value;

    /// <summary>Writes a header field with its CR LF.</summary>
    public void WriteField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Write(name);
        Write(": "u8);
        Write(value);
        Write("\r\n"u8);
    }

    public void WriteDecimal(long value)
    {
        System.Buffers.Text.Utf8Formatter.TryFormat(value, _bytes.AsSpan(_end), out var written);
        _end += written;
    }

    public void WriteHex(int value)
    {
        System.Buffers.Text.Utf8Formatter.TryFormat(value, _bytes.AsSpan(_end), out var written, new System.Buffers.StandardFormat('x'));
        _end += written;
    }

    public void WriteAscii(string text) => Advance(System.Text.Encoding.ASCII.GetBytes(text, Free));
}
