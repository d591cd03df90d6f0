using System.Buffers;
using System.Buffers.Text;

namespace LoadBalancer.Core.Prefaces.ProxyProtocol;

/// <summary>IP addresses in the text of a PROXY header: without leading zeros in decimals, scopes, brackets and other liberties.</summary>
internal static class AddressText
{
    private const int Groups = 8;

    public static bool TryRead(ReadOnlySpan<byte> text, bool isV6, out UInt128 bits) => isV6 ? TryReadV6(text, out bits) : TryReadV4(text, out bits);

    /// <summary>A number from 0 to <paramref name="most"/> in its only form.</summary>
    public static bool TryReadDecimal(ReadOnlySpan<byte> text, int most, out int number)
    {
        number = 0;
        if (text.IsEmpty || text.Length > 5 || (text[0] == '0' && text.Length > 1))
        {
            return false;
        }
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }
            number = (number * 10) + digit - '0';
        }
        return number <= most;
    }

    public static int WriteDecimal(Span<byte> to, int number)
    {
        Utf8Formatter.TryFormat(number, to, out var written);
        return written;
    }

    /// <summary>Writes the address, as IPv6 where that is asked for.</summary>
    public static int Write(Span<byte> to, ProxyAddress address, bool asV6)
    {
        var bits = asV6 ? address.V6Bits : address.Bits;
        var at = 0;
        for (var i = asV6 ? Groups - 1 : 3; i >= 0; i--)
        {
            Utf8Formatter.TryFormat(asV6 ? (ushort)(bits >> (16 * i)) : (byte)(bits >> (8 * i)), to[at..], out var written, asV6 ? new StandardFormat('x') : default);
            at += written;
            if (i > 0)
            {
                to[at++] = (byte)(asV6 ? ':' : '.');
            }
        }
        return at;
    }

    private static bool TryReadV4(ReadOnlySpan<byte> text, out UInt128 bits)
    {
        bits = 0;
        for (var i = 0; i < 4; i++)
        {
            var dot = i < 3 ? text.IndexOf((byte)'.') : text.Length;
            if (dot < 0 || !TryReadDecimal(text[..dot], byte.MaxValue, out var part))
            {
                return false;
            }
            bits = (bits << 8) | (uint)part;
            text = i < 3 ? text[(dot + 1)..] : [];
        }
        return true;
    }

    /// <summary>RFC 4291 section 2.2: groups of up to four digits, one "::" for some groups of zeros, an IPv4 address as the last two.</summary>
    private static bool TryReadV6(ReadOnlySpan<byte> text, out UInt128 bits)
    {
        bits = 0;
        var head = UInt128.Zero;
        var gap = text.IndexOf("::"u8);
        var headGroups = 0;
        if (gap >= 0)
        {
            // "1::" and "::1": either side may be missing.
            if (gap > 0 && !TryReadGroups(text[..gap], mayEndInV4: false, out head, out headGroups))
            {
                return false;
            }
            text = text[(gap + 2)..];
        }
        var groups = 0;
        if ((gap < 0 || !text.IsEmpty) && !TryReadGroups(text, mayEndInV4: true, out bits, out groups))
        {
            return false;
        }
        if (gap < 0 ? groups != Groups : headGroups + groups >= Groups)
        {
            return false;
        }
        bits |= headGroups == 0 ? UInt128.Zero : head << (16 * (Groups - headGroups));
        return true;
    }

    private static bool TryReadGroups(ReadOnlySpan<byte> text, bool mayEndInV4, out UInt128 bits, out int count)
    {
        bits = 0;
        count = 0;
        while (true)
        {
            var colon = text.IndexOf((byte)':');
            var group = colon < 0 ? text : text[..colon];
            if (mayEndInV4 && colon < 0 && group.Contains((byte)'.'))
            {
                count += 2;
                if (count > Groups || !TryReadV4(group, out var v4))
                {
                    return false;
                }
                bits = (bits << 32) | v4;
                return true;
            }
            if (++count > Groups || group.Length is 0 or > 4 || !Utf8Parser.TryParse(group, out ushort value, out var used, 'x') || used != group.Length)
            {
                return false;
            }
            bits = (bits << 16) | value;
            if (colon < 0)
            {
                return true;
            }
            text = text[(colon + 1)..];
        }
    }
}
