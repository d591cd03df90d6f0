using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>
/// The trailer fields of the body that ended last (RFC 9110 section 6.5), as they go on: those that would change what the
/// message is stay behind. One per loop; written out before the next body is read.
/// </summary>
internal sealed class TrailerSection
{
    private readonly FieldTable _table = new();
    private byte[] _bytes = [];

    /// <summary>The field lines, each with its CR LF.</summary>
    public byte[] Lines => _bytes;

    public FieldStatus Read(ReadOnlySpan<byte> bytes, ref int length)
    {
        _bytes = [];
        var status = _table.Read(bytes, ref length);
        if (status == FieldStatus.Complete && _table.Fields.Length > 0)
        {
            Keep(bytes);
        }
        return status;
    }

    /// <summary>Trailers are rare: this allocates.</summary>
    private void Keep(ReadOnlySpan<byte> bytes)
    {
        var kept = new ByteBuffer(bytes.Length + (4 * FieldTable.Most));
        foreach (ref readonly var field in _table.Fields)
        {
            if (field.Kind == FieldKind.Other)
            {
                kept.WriteField(field.Name.Of(bytes), field.Value.Of(bytes));
            }
        }
        _bytes = kept.Filled.ToArray();
    }
}
