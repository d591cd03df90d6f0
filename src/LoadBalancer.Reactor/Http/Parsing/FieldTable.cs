using System.Text;

namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>
/// The header fields of the head that was parsed last. One per parser, used again for every head: its places are valid while
/// the head's bytes stay where they are.
/// </summary>
/// <param name="mendsNames">
/// White space before a colon is removed instead of refused: what a proxy must do to an answer (RFC 9112 section 5.1).
/// </param>
internal sealed class FieldTable(bool mendsNames = false)
{
    /// <summary>More fields than this are refused.</summary>
    public const int Most = 128;

    private readonly Field[] _fields = new Field[Most];
    private int _count;

    public ReadOnlySpan<Field> Fields => _fields.AsSpan(0, _count);

    /// <summary>
    /// Reads the field lines (RFC 9112 section 5) from <paramref name="at"/> to the empty line that ends them. Strict: a line
    /// ends with CR LF, nothing stands between name and colon, no line is folded, no control character is in a value.
    /// </summary>
    /// <param name="head">The bytes that are there.</param>
    /// <param name="at">Where the first line begins; afterwards, where the empty line ends.</param>
    public FieldStatus Read(ReadOnlySpan<byte> head, ref int at)
    {
        _count = 0;
        var position = at;
        while (true)
        {
            var rest = head[position..];
            var end = rest.IndexOf((byte)'\n');
            if (end < 0)
            {
                return FieldStatus.Incomplete;
            }
            if (end == 0 || rest[end - 1] != '\r')
            {
                return FieldStatus.Malformed;
            }
            var line = rest[..(end - 1)];
            if (line.IsEmpty)
            {
                at = position + 2;
                return FieldStatus.Complete;
            }
            var colon = line.IndexOf((byte)':');
            var name = colon < 0 ? default : mendsNames ? line[..colon].TrimEnd(" \t"u8) : line[..colon];
            // A line that begins with a space is a folded one: its name is no token.
            if (!HeadSyntax.IsToken(name))
            {
                return FieldStatus.Malformed;
            }
            var raw = line[(colon + 1)..].TrimStart(" \t"u8);
            var value = HeadSyntax.Trim(raw);
            if (!HeadSyntax.IsFieldValue(value))
            {
                return FieldStatus.Malformed;
            }
            if (_count == Most)
            {
                return FieldStatus.TooMany;
            }
            _fields[_count++] = new Field(FieldKinds.Of(name), new Slice(position, name.Length), new Slice(position + line.Length - raw.Length, value.Length));
            position += end + 1;
        }
    }

    /// <summary>
    /// Fields that a Connection field names are for this hop only (RFC 9110 section 7.6.1). Those that say where the message
    /// ends or whom it is for are not for the sender to take away.
    /// </summary>
    public void MarkNominated(ReadOnlySpan<byte> head, ReadOnlySpan<byte> token)
    {
        foreach (ref var field in _fields.AsSpan(0, _count))
        {
            if (field.Kind is not (FieldKind.Host or FieldKind.ContentLength or FieldKind.TransferEncoding or FieldKind.Connection or FieldKind.Upgrade)
                && Ascii.EqualsIgnoreCase(field.Name.Of(head), token))
            {
                field.Kind = FieldKind.HopByHop;
            }
        }
    }

    /// <summary>The value of the first field of that name, without regard to case; false when there is none.</summary>
    public bool TryFind(ReadOnlySpan<byte> head, ReadOnlySpan<char> name, out ReadOnlySpan<byte> value)
    {
        foreach (ref readonly var field in Fields)
        {
            if (Ascii.EqualsIgnoreCase(field.Name.Of(head), name))
            {
                value = field.Value.Of(head);
                return true;
            }
        }
        value = default;
        return false;
    }
}
