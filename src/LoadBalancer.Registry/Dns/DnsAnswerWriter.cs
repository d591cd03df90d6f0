using System.Buffers.Binary;
using System.Text;

namespace LoadBalancer.Registry.Dns;

/// <summary>Writes answers with compressed names (RFC 1035 section 4.1.4).</summary>
internal sealed class DnsAnswerWriter
{
    /// <summary>What an answer may have without EDNS (RFC 1035 section 2.3.4).</summary>
    public const int PlainUdpLimit = 512;

    /// <summary>What a UDP datagram can carry over IPv4.</summary>
    public const int MaximumUdp = 65507;

    private const int MaximumPointer = 0x3FFF;
    private const ushort ResponseFlag = 0x8000;
    private const ushort AuthoritativeFlag = 0x0400;
    private const ushort TruncatedFlag = 0x0200;
    private const ushort RecursionDesiredFlag = 0x0100;

    private readonly Dictionary<string, int> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly uint _ttl;
    private byte[] _packet = new byte[PlainUdpLimit];
    private int _length;

    private DnsAnswerWriter(uint ttl) => _ttl = ttl;

    /// <summary>The answer to <paramref name="query"/> with as many records as <paramref name="limit"/> octets hold, marked truncated if that is not all.</summary>
    /// <param name="query">Its question is repeated.</param>
    /// <param name="answer">What to say.</param>
    /// <param name="ttl">Seconds, for every record.</param>
    /// <param name="limit">Octets; at least <see cref="PlainUdpLimit"/>.</param>
    /// <param name="maximumAnswers">Records of the answer section at most.</param>
    public static byte[] Write(DnsQuery query, DnsAnswer answer, uint ttl, int limit, int maximumAnswers)
    {
        var most = Math.Min(answer.Answers.Count, maximumAnswers);
        if (TryWrite(query, answer, ttl, limit, most) is { } whole)
        {
            return whole;
        }
        // The longest prefix that fits: low fits, high does not.
        var low = 0;
        var high = most;
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = TryWrite(query, answer, ttl, limit, middle) is not null ? (middle, high) : (low, middle);
        }
        return TryWrite(query, answer, ttl, limit, low)!;
    }

    /// <summary>An error for a packet whose question cannot be repeated.</summary>
    /// <param name="packet">A packet with a whole header.</param>
    /// <param name="code">The error.</param>
    public static byte[] WriteError(ReadOnlySpan<byte> packet, DnsCode code)
    {
        var answer = new byte[DnsQueryReader.HeaderLength];
        packet[..2].CopyTo(answer);
        answer[2] = (byte)(0x80 | (packet[2] & 0x79));
        answer[3] = (byte)code;
        return answer;
    }

    private static byte[]? TryWrite(DnsQuery query, DnsAnswer answer, uint ttl, int limit, int count)
    {
        var writer = new DnsAnswerWriter(ttl);
        writer.WriteMessage(query, answer, count);
        return writer._length <= limit ? writer._packet[..writer._length] : null;
    }

    private void WriteMessage(DnsQuery query, DnsAnswer answer, int count)
    {
        var entries = answer.Answers.Take(count).ToArray();
        // One additional record serves all answers that point to it.
        var additional = entries.SelectMany(entry => entry.Additional).Distinct().ToArray();
        var flags = ResponseFlag | ((int)answer.Code & 0xF)
            | (answer.Authoritative ? AuthoritativeFlag : 0)
            | (count < answer.Answers.Count ? TruncatedFlag : 0)
            | (query.RecursionDesired ? RecursionDesiredFlag : 0);
        WriteUInt16(query.Id);
        WriteUInt16((ushort)flags);
        WriteUInt16(1);
        WriteUInt16((ushort)entries.Length);
        WriteUInt16((ushort)answer.Authority.Count);
        WriteUInt16((ushort)(additional.Length + (query.EdnsSize is null ? 0 : 1)));
        WriteName(query.Name);
        WriteUInt16((ushort)query.Type);
        WriteUInt16(query.Class);
        foreach (var record in entries.Select(entry => entry.Record).Concat(answer.Authority).Concat(additional))
        {
            WriteRecord(record);
        }
        if (query.EdnsSize is not null)
        {
            WriteOpt(answer.Code);
        }
    }

    private void WriteOpt(DnsCode code)
    {
        WriteByte(0);
        WriteUInt16((ushort)DnsType.Opt);
        WriteUInt16(MaximumUdp);
        WriteUInt32((uint)((int)code >> 4) << 24);
        WriteUInt16(0);
    }

    private void WriteRecord(DnsRecord record)
    {
        WriteName(record.Name);
        WriteUInt16((ushort)record.Type);
        WriteUInt16(DnsQuery.ClassIn);
        WriteUInt32(_ttl);
        var lengthAt = _length;
        WriteUInt16(0);
        switch (record)
        {
            case DnsRecord.Address address:
                var octets = address.Value.GetAddressBytes();
                octets.CopyTo(Reserve(octets.Length));
                break;
            case DnsRecord.CName name:
                WriteName(name.Target);
                break;
            case DnsRecord.NS server:
                WriteName(server.Target);
                break;
            case DnsRecord.Srv service:
                WriteUInt16(service.Priority);
                WriteUInt16(service.Weight);
                WriteUInt16(service.Port);
                // RFC 2782: no compression here. The name may be pointed to.
                WriteName(service.Target, compress: false);
                break;
            case DnsRecord.Soa authority:
                WriteName(authority.Primary);
                WriteName(authority.Mailbox);
                WriteUInt32(authority.Serial);
                WriteUInt32(3600);
                WriteUInt32(600);
                WriteUInt32(86400);
                WriteUInt32(0);
                break;
        }
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(lengthAt), (ushort)(_length - lengthAt - sizeof(ushort)));
    }

    private void WriteName(DnsName name, bool compress = true)
    {
        for (var i = 0; i < name.Labels.Count; i++)
        {
            // With lengths, as a label may hold any octet, a dot included.
            var suffix = string.Concat(name.Labels.Skip(i).Select(label => (char)label.Length + label));
            if (compress && _names.TryGetValue(suffix, out var at))
            {
                WriteUInt16((ushort)(0xC000 | at));
                return;
            }
            if (_length <= MaximumPointer)
            {
                _names.TryAdd(suffix, _length);
            }
            WriteByte((byte)name.Labels[i].Length);
            Encoding.Latin1.GetBytes(name.Labels[i], Reserve(name.Labels[i].Length));
        }
        WriteByte(0);
    }

    private void WriteByte(byte value) => Reserve(1)[0] = value;

    private void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(sizeof(ushort)), value);

    private void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(sizeof(uint)), value);

    private Span<byte> Reserve(int count)
    {
        while (_packet.Length - _length < count)
        {
            Array.Resize(ref _packet, _packet.Length * 2);
        }
        _length += count;
        return _packet.AsSpan(_length - count, count);
    }
}
