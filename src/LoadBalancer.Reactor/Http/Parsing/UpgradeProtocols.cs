using System.Text;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>The protocols that the Upgrade fields of a head name (RFC 9110 section 7.8).</summary>
internal static class UpgradeProtocols
{
    /// <summary>Writes the fields that ask the endpoint for what the client asks for, as far as that may be; nothing when it may not.</summary>
    /// <returns>Where the protocols are in what the output holds; empty when nothing was written.</returns>
    public static Slice Write(ByteBuffer output, FieldTable table, ReadOnlySpan<byte> head)
    {
        var before = "Connection: Upgrade\r\nUpgrade: "u8;
        var start = output.Length + before.Length;
        foreach (ref readonly var field in table.Fields)
        {
            var rest = field.Kind == FieldKind.Upgrade ? field.Value.Of(head) : default;
            while (!rest.IsEmpty)
            {
                var protocol = HeadSyntax.TakeElement(ref rest);
                if (MayPass(protocol))
                {
                    output.Write(before);
                    output.Write(protocol);
                    // Without a space, so that a long list never takes more room than the client's own.
                    before = ","u8;
                }
            }
        }
        if (output.Length < start)
        {
            return default;
        }
        var protocols = new Slice(start, output.Length - start);
        output.Write("\r\n"u8);
        return protocols;
    }

    /// <summary>True when an answer names protocols, and none that is not in the list <paramref name="asked"/>.</summary>
    public static bool AreAsked(FieldTable table, ReadOnlySpan<byte> head, ReadOnlySpan<byte> asked)
    {
        var isNamed = false;
        foreach (ref readonly var field in table.Fields)
        {
            var rest = field.Kind == FieldKind.Upgrade ? field.Value.Of(head) : default;
            while (!rest.IsEmpty)
            {
                var protocol = HeadSyntax.TakeElement(ref rest);
                if (protocol.IsEmpty)
                {
                    continue;
                }
                if (!Contains(asked, protocol))
                {
                    return false;
                }
                isNamed = true;
            }
        }
        return isNamed;
    }

    /// <summary>
    /// A name, perhaps with a version. What would carry HTTP inside does not pass: its requests would reach the endpoint past
    /// routes and limits ("h2c" is not to be used any more either, RFC 9113 section 3.1).
    /// </summary>
    private static bool MayPass(ReadOnlySpan<byte> protocol)
    {
        var slash = protocol.IndexOf((byte)'/');
        var name = slash < 0 ? protocol : protocol[..slash];
        return HeadSyntax.IsToken(name) && (slash < 0 || HeadSyntax.IsToken(protocol[(slash + 1)..]))
            && !(Ascii.EqualsIgnoreCase(name, "h2c"u8) || Ascii.EqualsIgnoreCase(name, "h2"u8) || Ascii.EqualsIgnoreCase(name, "http"u8) || Ascii.EqualsIgnoreCase(name, "tls"u8));
    }

    private static bool Contains(ReadOnlySpan<byte> list, ReadOnlySpan<byte> protocol)
    {
        while (!list.IsEmpty)
        {
            if (Ascii.EqualsIgnoreCase(HeadSyntax.TakeElement(ref list), protocol))
            {
                return true;
            }
        }
        return false;
    }
}
