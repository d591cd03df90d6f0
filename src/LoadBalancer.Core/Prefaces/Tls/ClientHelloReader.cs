using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Prefaces.Tls;

/// <summary>
/// Reads the server name (RFC 6066 section 3) out of the ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2) with
/// which a TLS connection begins, over as many records and reads as it comes in. Decrypts and changes nothing. A mutable struct:
/// keep it in one place.
/// </summary>
/// <remarks>
/// All lengths must fit exactly, within the message and within each other: the endpoint must not find another name in what was
/// routed by this one. A hello of SSL 2 has no server name, and nobody may take it any more (RFC 6176): it is malformed.
/// </remarks>
public struct ClientHelloReader
{
    /// <summary>The longest hello that is read, in bytes with its records' heads. Large ones, of post-quantum key shares, have about 2 KB.</summary>
    public const int LongestHello = 64 * 1024;

    /// <summary>The longest name, in characters.</summary>
    public const int LongestName = 255;

    private const byte Handshake = 22;
    private const byte ClientHello = 1;

    /// <summary>Type and length of a handshake message.</summary>
    private const int HeadLength = 4;

    private const int RandomLength = 32;
    private const int LongestSession = 32;
    private const ushort ServerNames = 0;
    private const byte HostName = 0;

    /// <summary>Where the next record begins.</summary>
    private int _records;

    /// <summary>How many handshake bytes the records before that carry.</summary>
    private int _payload;

    /// <summary>The length of the name when the hello is complete; 0 when it has none.</summary>
    public int NameLength { get; private set; }

    /// <summary>What is wrong, when malformed.</summary>
    public string? Problem { get; private set; }

    /// <summary>
    /// Goes on reading, until it is complete or malformed: that is certain beyond <see cref="LongestHello"/> bytes. What
    /// follows a complete hello is not looked at.
    /// </summary>
    /// <param name="received">All bytes of the connection so far: those of the last call and what came since.</param>
    /// <param name="name">Gets the name when the hello is complete; at least <see cref="LongestName"/> characters.</param>
    public PrefaceStatus Read(ReadOnlySpan<byte> received, Span<char> name)
    {
        while (received.Length > _records)
        {
            var record = received[_records..];
            if (FindProblem(record) is { } problem)
            {
                return Malformed(problem);
            }
            if (record.Length < TlsRecords.HeadLength || record.Length < TlsRecords.HeadLength + TlsRecords.PayloadOf(record))
            {
                return PrefaceStatus.Incomplete;
            }
            _records += TlsRecords.HeadLength + TlsRecords.PayloadOf(record);
            _payload += TlsRecords.PayloadOf(record);
            if (Walk(received[.._records], name) is var status and not PrefaceStatus.Incomplete)
            {
                return status;
            }
        }
        return PrefaceStatus.Incomplete;
    }

    /// <summary>What is wrong with a record of which perhaps not all has come.</summary>
    private readonly string? FindProblem(ReadOnlySpan<byte> record)
    {
        // The minor version says nothing (RFC 8446 section 5.1).
        if (record[0] != Handshake || (record.Length > 1 && record[1] != 3))
        {
            return _records == 0 ? "it is not TLS" : "another record interrupts the ClientHello";
        }
        // Of a record whose length has not come, at least one byte is to come.
        var length = record.Length < TlsRecords.HeadLength ? 1 : TlsRecords.PayloadOf(record);
        return length is 0 or > TlsRecords.LongestPayload ? "a record is empty or too long"
            : _records + TlsRecords.HeadLength + length > LongestHello ? "the ClientHello is longer than 64 KiB"
            : null;
    }

    /// <summary>Reads the message from the start, once it is all there.</summary>
    private PrefaceStatus Walk(ReadOnlySpan<byte> records, Span<char> name)
    {
        var reader = new TlsRecords(records);
        if (!reader.TryRead(out byte type) || !reader.TryReadUInt24(out var length))
        {
            return PrefaceStatus.Incomplete;
        }
        if (type != ClientHello)
        {
            return Malformed("the first message is no ClientHello");
        }
        var end = HeadLength + length;
        if (end > LongestHello)
        {
            return Malformed("the ClientHello is longer than 64 KiB");
        }
        if (_payload < end)
        {
            return PrefaceStatus.Incomplete;
        }
        if (_payload > end)
        {
            return Malformed("something follows the ClientHello in its record");
        }
        return TryReadHello(ref reader, end, name) ? PrefaceStatus.Complete : Malformed(Problem ?? "the lengths in the ClientHello do not fit");
    }

    private bool TryReadHello(ref TlsRecords reader, int end, Span<char> name)
    {
        if (!reader.TryRead(out ushort version) || version >> 8 != 3
            || !reader.TrySkip(RandomLength)
            || !reader.TryRead(out byte session) || session > LongestSession || !reader.TrySkip(session)
            || !reader.TryRead(out ushort suites) || suites < 2 || suites % 2 != 0 || !reader.TrySkip(suites)
            || !reader.TryRead(out byte compressions) || compressions == 0 || !reader.TrySkip(compressions))
        {
            return false;
        }
        if (reader.Position == end)
        {
            // Before TLS 1.3 extensions are not needed.
            return true;
        }
        return reader.TryRead(out ushort extensions) && reader.Position + extensions == end && TryReadExtensions(ref reader, end, name);
    }

    private bool TryReadExtensions(ref TlsRecords reader, int end, Span<char> name)
    {
        var hasNames = false;
        while (reader.Position < end)
        {
            if (!reader.TryRead(out ushort type) || !reader.TryRead(out ushort length) || reader.Position + length > end)
            {
                return false;
            }
            if (type != ServerNames)
            {
                reader.TrySkip(length);
            }
            else if (hasNames)
            {
                Problem = "the ClientHello has two lists of server names";
                return false;
            }
            else if (!TryReadNames(ref reader, reader.Position + length, name))
            {
                return false;
            }
            hasNames |= type == ServerNames;
        }
        return true;
    }

    private bool TryReadNames(ref TlsRecords reader, int end, Span<char> name)
    {
        if (!reader.TryRead(out ushort list) || list == 0 || reader.Position + list != end)
        {
            return false;
        }
        while (reader.Position < end)
        {
            if (!reader.TryRead(out byte type) || !reader.TryRead(out ushort length) || length == 0 || reader.Position + length > end)
            {
                return false;
            }
            // A name of another kind begins with its length, too.
            if (type != HostName)
            {
                reader.TrySkip(length);
            }
            else if (NameLength > 0)
            {
                Problem = "the ClientHello has two server names";
                return false;
            }
            else if (!TryReadName(ref reader, length, name))
            {
                Problem = "the server name is no host name";
                return false;
            }
        }
        return true;
    }

    private bool TryReadName(ref TlsRecords reader, int length, Span<char> name)
    {
        if (length > LongestName)
        {
            return false;
        }
        for (var i = 0; i < length; i++)
        {
            reader.TryRead(out byte c);
            name[i] = (char)c;
        }
        NameLength = length;
        return DomainName.IsValid(name[..length]);
    }

    private PrefaceStatus Malformed(string problem)
    {
        Problem = problem;
        NameLength = 0;
        return PrefaceStatus.Malformed;
    }
}
