using System.Buffers;
using System.Text;

namespace LoadBalancer.Reactor.Http;

/// <summary>
/// The path of a target as routes are matched: without query, percent-decoded but for %2F, dot segments removed (RFC 3986
/// section 5.2.4), as ASP.NET does it, so that both engines lead a request to the same service.
/// </summary>
internal static class RoutePath
{
    /// <param name="target">The target as received, or nothing for "/".</param>
    /// <param name="buffer">At least as long as the target.</param>
    public static ReadOnlySpan<char> Decode(ReadOnlySpan<byte> target, Span<char> buffer)
    {
        var query = target.IndexOf((byte)'?');
        var path = query < 0 ? target : target[..query];
        if (path.IsEmpty)
        {
            return "/";
        }
        return path.Contains((byte)'%') || path.IndexOf("/."u8) >= 0
            ? DecodeSlowly(path, buffer)
            : buffer[..Encoding.Latin1.GetChars(path, buffer)];
    }

    private static ReadOnlySpan<char> DecodeSlowly(ReadOnlySpan<byte> path, Span<char> buffer)
    {
        var rented = ArrayPool<byte>.Shared.Rent(path.Length);
        try
        {
            var length = RemoveDots(rented, Unescape(path, rented));
            return buffer[..Encoding.UTF8.GetChars(rented.AsSpan(0, length), buffer)];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static int Unescape(ReadOnlySpan<byte> path, Span<byte> output)
    {
        var length = 0;
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '%' && i + 2 < path.Length && char.IsAsciiHexDigit((char)path[i + 1]) && char.IsAsciiHexDigit((char)path[i + 2]))
            {
                var value = (byte)((Nibble(path[i + 1]) << 4) | Nibble(path[i + 2]));
                if (value != '/')
                {
                    output[length++] = value;
                    i += 2;
                    continue;
                }
            }
            output[length++] = path[i];
        }
        return length;
    }

    private static int Nibble(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static int RemoveDots(Span<byte> path, int length)
    {
        var output = 0;
        for (var i = 0; i < length;)
        {
            // Each segment with the slash before it.
            var next = path[(i + 1)..length].IndexOf((byte)'/');
            var end = next < 0 ? length : i + 1 + next;
            var segment = path[(i + 1)..end];
            var isLast = end == length;
            if (segment.SequenceEqual(".."u8))
            {
                output = Math.Max(0, path[..output].LastIndexOf((byte)'/'));
            }
            else if (!segment.SequenceEqual("."u8))
            {
                path[i..end].CopyTo(path[output..]);
                output += end - i;
                i = end;
                continue;
            }
            if (isLast)
            {
                path[output++] = (byte)'/';
            }
            i = end;
        }
        return output;
    }
}
