using System.Buffers.Binary;

namespace LoadBalancer.Core.Prefaces.Tls;

/// <summary>Reads the handshake bytes that a run of complete TLS records carries (RFC 8446 section 5.1), across their borders.</summary>
internal ref struct TlsRecords(ReadOnlySpan<byte> records)
{
    /// <summary>Type, version and length of a record.</summary>
    public const int HeadLength = 5;

    /// <summary>The most that a record may carry.</summary>
    public const int LongestPayload = 1 << 14;

    private readonly ReadOnlySpan<byte> _records = records;

    /// <summary>Where the next byte is read, in the records.</summary>
    private int _at;

    /// <summary>How much of the record that is being read is left.</summary>
    private int _left;

    /// <summary>How many handshake bytes have been read.</summary>
    public int Position { get; private set; }

    /// <summary>The payload's length, from a record's head.</summary>
    public static int PayloadOf(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadUInt16BigEndian(head[3..]);

    public bool TryRead(out byte value)
    {
        value = 0;
        if (!Enter())
        {
            return false;
        }
        value = _records[_at];
        Advance(1);
        return true;
    }

    public bool TryRead(out ushort value)
    {
        value = 0;
        if (!TryRead(out byte high) || !TryRead(out byte low))
        {
            return false;
        }
        value = (ushort)((high << 8) | low);
        return true;
    }

    public bool TryReadUInt24(out int value)
    {
        value = 0;
        if (!TryRead(out byte high) || !TryRead(out ushort low))
        {
            return false;
        }
        value = (high << 16) | low;
        return true;
    }

    public bool TrySkip(int count)
    {
        while (count > 0)
        {
            if (!Enter())
            {
                return false;
            }
            var step = Math.Min(count, _left);
            Advance(step);
            count -= step;
        }
        return true;
    }

    /// <summary>Stands in a record with something left; false at the end of the last one.</summary>
    private bool Enter()
    {
        while (_left == 0)
        {
            if (_records.Length - _at < HeadLength)
            {
                return false;
            }
            _left = Math.Min(PayloadOf(_records[_at..]), _records.Length - _at - HeadLength);
            _at += HeadLength;
        }
        return true;
    }

    private void Advance(int count)
    {
        _at += count;
        _left -= count;
        Position += count;
    }
}
