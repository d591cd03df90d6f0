using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace LoadBalancer.Registry.Dns;

/// <summary>
/// Reads a query, strictly (RFC 1035 section 4, RFC 6891): one question, nothing in the answer and authority sections, at
/// most one OPT record, no octet left over. Reads any octets without an exception.
/// </summary>
internal ref struct DnsQueryReader
{
    public const int HeaderLength = 12;

    private const int ResponseFlag = 0x8000;
    private const int TruncatedFlag = 0x0200;
    private const int RecursionDesiredFlag = 0x0100;

    private readonly ReadOnlySpan<byte> _packet;
    private int _position;

    private DnsQueryReader(ReadOnlySpan<byte> packet)
    {
        _packet = packet;
        _position = HeaderLength;
    }

    /// <summary>True for what deserves an answer, be it an error: a whole header that is not itself an answer.</summary>
    public static bool IsQuery(ReadOnlySpan<byte> packet) =>
        packet.Length >= HeaderLength && (BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) & ResponseFlag) == 0;

    /// <summary>The operation code of a packet with a whole header.</summary>
    public static int Opcode(ReadOnlySpan<byte> packet) => (packet[2] >> 3) & 0xF;

    /// <param name="packet">A packet for which <see cref="IsQuery"/> holds and whose <see cref="Opcode"/> is 0.</param>
    /// <param name="query">The query, or null when it is malformed.</param>
    public static bool TryRead(ReadOnlySpan<byte> packet, [NotNullWhen(true)] out DnsQuery? query)
    {
        query = null;
        var id = BinaryPrimitives.ReadUInt16BigEndian(packet);
        var flags = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        var questions = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        var answers = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        var authorities = BinaryPrimitives.ReadUInt16BigEndian(packet[8..]);
        var additionals = BinaryPrimitives.ReadUInt16BigEndian(packet[10..]);
        if (questions != 1 || answers != 0 || authorities != 0 || (flags & TruncatedFlag) != 0)
        {
            return false;
        }
        var reader = new DnsQueryReader(packet);
        if (!reader.TryReadName(out var name) || !reader.TryReadUInt16(out var type) || !reader.TryReadUInt16(out var kind))
        {
            return false;
        }
        ushort? ednsSize = null;
        byte ednsVersion = 0;
        for (var i = 0; i < additionals; i++)
        {
            if (!reader.TryReadName(out var owner) || !reader.TryReadUInt16(out var recordType) || !reader.TryReadUInt16(out var recordClass)
                || !reader.TryReadUInt32(out var ttl) || !reader.TryReadUInt16(out var length) || !reader.TrySkip(length))
            {
                return false;
            }
            if (recordType == (ushort)DnsType.Opt)
            {
                if (ednsSize is not null || owner.Labels.Count != 0)
                {
                    return false;
                }
                ednsSize = recordClass;
                ednsVersion = (byte)(ttl >> 16);
            }
        }
        if (reader._position != packet.Length)
        {
            return false;
        }
        query = new DnsQuery(id, (flags & RecursionDesiredFlag) != 0, name, (DnsType)type, kind, ednsSize, ednsVersion);
        return true;
    }

    // A query has nothing before its question to point to, and its OPT is at the root: a compression pointer is an error
    // here, and with it every loop that one could make.
    private bool TryReadName([NotNullWhen(true)] out DnsName? name)
    {
        name = null;
        List<string> labels = [];
        while (_position < _packet.Length)
        {
            int length = _packet[_position++];
            if (length == 0)
            {
                name = DnsName.Of(labels);
                return name is not null;
            }
            if (length > 63 || length > _packet.Length - _position)
            {
                return false;
            }
            labels.Add(Encoding.Latin1.GetString(_packet.Slice(_position, length)));
            _position += length;
        }
        return false;
    }

    private bool TryReadUInt16(out ushort value)
    {
        var whole = BinaryPrimitives.TryReadUInt16BigEndian(_packet[_position..], out value);
        _position += whole ? sizeof(ushort) : 0;
        return whole;
    }

    private bool TryReadUInt32(out uint value)
    {
        var whole = BinaryPrimitives.TryReadUInt32BigEndian(_packet[_position..], out value);
        _position += whole ? sizeof(uint) : 0;
        return whole;
    }

    private bool TrySkip(int length)
    {
        var whole = length <= _packet.Length - _position;
        _position += whole ? length : 0;
        return whole;
    }
}
