using System.Text;

namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>
/// The head of the answer that was parsed last (RFC 9112 sections 4 to 6), as strict as for requests. One per loop, used
/// again for every answer.
/// </summary>
internal sealed class ResponseHead
{
    public FieldTable Table { get; } = new(mendsNames: true);

    public int Status { get; private set; }

    /// <summary>The reason phrase, perhaps empty.</summary>
    public Slice Phrase { get; private set; }

    public bool IsHttp11 { get; private set; }

    public bool IsChunked { get; private set; }

    /// <summary>-1 when the answer does not say.</summary>
    public long ContentLength { get; private set; }

    /// <summary>True when the endpoint takes another request on the connection.</summary>
    public bool KeepAlive { get; private set; }

    public bool IsInterim => Status < 200;

    /// <summary>False when the status allows no body, whatever the fields say (RFC 9112 section 6.3).</summary>
    public bool MayHaveBody => Status >= 200 && Status != 204 && Status != 304;

    /// <summary>Parses a head; false when it is malformed.</summary>
    /// <param name="bytes">From the first byte of the answer on.</param>
    /// <param name="length">How long the head is; 0 when more is needed.</param>
    public bool TryParse(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0)
        {
            // Not even its beginning is an answer: no more of it is waited for.
            return "HTTP/1."u8[..Math.Min(7, bytes.Length)].SequenceEqual(bytes[..Math.Min(7, bytes.Length)]);
        }
        if (end < 13 || bytes[end - 1] != '\r' || !TryParseLine(bytes[..(end - 1)]))
        {
            return false;
        }
        var at = end + 1;
        var status = Table.Read(bytes, ref at);
        if (status == FieldStatus.Incomplete)
        {
            return true;
        }
        length = at;
        return status == FieldStatus.Complete && Interpret(bytes[..at]);
    }

    private bool TryParseLine(ReadOnlySpan<byte> line)
    {
        // "HTTP/1.1 200" and perhaps " OK".
        if (!line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' '
            || line[9] is < (byte)'1' or > (byte)'9' || line[10] is < (byte)'0' or > (byte)'9' || line[11] is < (byte)'0' or > (byte)'9'
            || (line.Length > 12 && line[12] != ' ') || !HeadSyntax.IsFieldValue(line))
        {
            return false;
        }
        IsHttp11 = line[7] == '1';
        Status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + (line[11] - '0');
        Phrase = line.Length > 13 ? new Slice(13, line.Length - 13) : default;
        return true;
    }

    private bool Interpret(ReadOnlySpan<byte> head)
    {
        IsChunked = false;
        ContentLength = -1;
        var options = default(ConnectionOptions);
        foreach (ref readonly var field in Table.Fields)
        {
            var value = field.Value.Of(head);
            switch (field.Kind)
            {
                case FieldKind.ContentLength:
                    if (ContentLength >= 0 || !HeadSyntax.TryParseLength(value, out var length))
                    {
                        return false;
                    }
                    ContentLength = length;
                    break;
                case FieldKind.TransferEncoding:
                    if (IsChunked || !Ascii.EqualsIgnoreCase(value, "chunked"u8))
                    {
                        return false;
                    }
                    IsChunked = true;
                    break;
                case FieldKind.Connection:
                    options.Add(head, value, Table);
                    break;
                default:
                    break;
            }
        }
        KeepAlive = IsHttp11 ? !options.Close : options.KeepAlive && !options.Close;
        if (Status == 204 && (IsChunked || ContentLength > 0))
        {
            // It has no body, yet promises one: what comes next on the connection is not to be trusted.
            KeepAlive = false;
        }
        // Both lengths: what the answer means is not certain (RFC 9112 section 6.3).
        return !(IsChunked && (ContentLength >= 0 || !IsHttp11));
    }
}
