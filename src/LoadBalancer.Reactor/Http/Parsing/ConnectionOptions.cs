using System.Text;

namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>What the Connection fields of a head say (RFC 9110 section 7.6.1).</summary>
internal struct ConnectionOptions
{
    public bool Close { get; private set; }

    public bool KeepAlive { get; private set; }

    public bool Upgrade { get; private set; }

    /// <summary>Takes one field's value; other fields that it names are marked in the table. What is no token names none.</summary>
    public void Add(ReadOnlySpan<byte> head, ReadOnlySpan<byte> value, FieldTable table)
    {
        while (!value.IsEmpty)
        {
            var token = HeadSyntax.TakeElement(ref value);
            if (token.IsEmpty)
            {
                continue;
            }
            if (Ascii.EqualsIgnoreCase(token, "close"u8))
            {
                Close = true;
            }
            else if (Ascii.EqualsIgnoreCase(token, "keep-alive"u8))
            {
                KeepAlive = true;
            }
            else if (Ascii.EqualsIgnoreCase(token, "upgrade"u8))
            {
                Upgrade = true;
            }
            else if (HeadSyntax.IsToken(token))
            {
                table.MarkNominated(head, token);
            }
        }
    }
}
