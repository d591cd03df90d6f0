using System.Buffers;
using System.Text;

namespace LoadBalancer.Reactor.Http;

/// <summary>
/// The path of a target as routes are matched: without query, percent-decoded but for %2F and what is no UTF-8, dot segments removed (RFC 3986
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
            var count = path[i] == '%' ? UnescapeOne(path[i..], output[length..]) : 0;
            if (count == 0)
            {
                output[length++] = path[i];
                continue;
            }
            length += count;
            i += (3 * count) - 1;
        }
        return length;
    }

    /// <summary>Decodes the escapes of one character: how many there are, or 0 when they stay as they are.</summary>
    private static int UnescapeOne(ReadOnlySpan<byte> path, Span<byte> output)
    {
        Span<byte> bytes = stackalloc byte[4];
        var count = 0;
        while (count < bytes.Length && path.Length >= 3 && path[0] == '%' && char.IsAsciiHexDigit((char)path[1]) && char.IsAsciiHexDigit((char)path[2]))
        {
            bytes[count++] = (byte)((Nibble(path[1]) << 4) | Nibble(path[2]));
            path = path[3..];
        }
        if (count == 0 || bytes[0] == '/' || Rune.DecodeFromUtf8(bytes[..count], out _, out var length) != OperationStatus.Done)
        {
            return 0;
        }
        bytes[..length].CopyTo(output);
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
