using System.Buffers;

namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>The characters that RFC 9110 and RFC 9112 allow, and nothing that could be read in two ways.</summary>
internal static class HeadSyntax
{
    /// <summary>RFC 9110 section 5.6.2.</summary>
    private static readonly SearchValues<byte> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Control characters but the tab (RFC 9110 section 5.5).</summary>
    private static readonly SearchValues<byte> s_control =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(static c => c != '\t').Select(static c => (byte)c), 127]);

    /// <summary>What a request target is made of: RFC 3986, and what is often sent raw though it should be encoded.</summary>
    private static readonly SearchValues<byte> s_target =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Where(static c => c != '#').Select(static c => (byte)c)]);

    /// <summary>RFC 3986 section 3.2, without user information and without what is in no name that is looked up.</summary>
    private static readonly SearchValues<byte> s_authority =
        SearchValues.Create("-._~%:[]0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> s_address = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    /// <summary>"[::1]".</summary>
    private const int ShortestBracketed = 5;

    public static bool IsToken(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && !bytes.ContainsAnyExcept(s_token);

    public static bool IsFieldValue(ReadOnlySpan<byte> bytes) => !bytes.ContainsAny(s_control);

    public static bool IsTarget(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && !bytes.ContainsAnyExcept(s_target);

    /// <summary>A path without an encoded NUL, which many who decode it take for its end.</summary>
    public static bool IsPath(ReadOnlySpan<byte> bytes) => bytes.IndexOf("%00"u8) < 0;

    /// <summary>A host with or without a port, but not with an empty one; an address of IPv6 stands in brackets.</summary>
    public static bool IsAuthority(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes.ContainsAnyExcept(s_authority))
        {
            return false;
        }
        int end;
        if (bytes[0] == '[')
        {
            end = bytes.IndexOf((byte)']') + 1;
            if (end < ShortestBracketed || bytes[1..(end - 1)].ContainsAnyExcept(s_address))
            {
                return false;
            }
        }
        else
        {
            if (bytes.ContainsAny((byte)'[', (byte)']'))
            {
                return false;
            }
            end = bytes.IndexOf((byte)':');
            if (end < 0)
            {
                return true;
            }
        }
        return end > 0 && (end == bytes.Length || (bytes[end] == ':' && IsPort(bytes[(end + 1)..])));
    }

    private static bool IsPort(ReadOnlySpan<byte> bytes) => bytes.Length is > 0 and <= 5 && !bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    /// <summary>Without the spaces and tabs around it.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> bytes) => bytes.Trim(" \t"u8);

    /// <summary>Takes the first element of a list with its comma off (RFC 9110 section 5.6.1); it may be empty.</summary>
    public static ReadOnlySpan<byte> TakeElement(ref ReadOnlySpan<byte> list)
    {
        var comma = list.IndexOf((byte)',');
        var element = Trim(comma < 0 ? list : list[..comma]);
        list = comma < 0 ? default : list[(comma + 1)..];
        return element;
    }

    /// <summary>A length in decimal digits, at most 18 of them; false for everything else, also for a sign or a list.</summary>
    public static bool TryParseLength(ReadOnlySpan<byte> bytes, out long length)
    {
        length = 0;
        if (bytes.Length is 0 or > 18)
        {
            return false;
        }
        foreach (var digit in bytes)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }
            length = (length * 10) + (digit - '0');
        }
        return true;
    }
}
