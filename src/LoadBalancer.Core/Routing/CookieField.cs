using System.Numerics;

namespace LoadBalancer.Core.Routing;

/// <summary>
/// Reads a Cookie field (RFC 6265 section 4.2.1) as it came, in characters or in bytes, without an allocation. Names are
/// compared with regard to case. No input makes it fail.
/// </summary>
public static class CookieField
{
    /// <summary>Takes the pairs up to and with the first of this name off <paramref name="rest"/>; false when there is none (left).</summary>
    /// <param name="rest">The field, or what is left of it.</param>
    /// <param name="name">The name of the cookie.</param>
    /// <param name="value">The value as it is written.</param>
    public static bool TryTake<T>(ref ReadOnlySpan<T> rest, ReadOnlySpan<T> name, out ReadOnlySpan<T> value)
        where T : unmanaged, IBinaryInteger<T>
    {
        while (!rest.IsEmpty)
        {
            var pair = Trim(TakePair(ref rest));
            if (IsNamed(pair, name))
            {
                value = pair[(name.Length + 1)..];
                return true;
            }
        }
        value = [];
        return false;
    }

    /// <summary>Copies the field without the pairs of this name, otherwise as it is; returns the length, 0 when nothing is left.</summary>
    /// <param name="field">The field.</param>
    /// <param name="name">The name of the cookie.</param>
    /// <param name="destination">At least as long as the field; may be the field itself.</param>
    public static int CopyWithout<T>(ReadOnlySpan<T> field, ReadOnlySpan<T> name, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>
    {
        var length = 0;
        while (!field.IsEmpty)
        {
            var pair = TakePair(ref field);
            if (IsNamed(Trim(pair), name))
            {
                continue;
            }
            if (length == 0)
            {
                pair = pair.TrimStart(T.CreateTruncating(' '));
            }
            else
            {
                destination[length++] = T.CreateTruncating(';');
            }
            pair.CopyTo(destination[length..]);
            length += pair.Length;
        }
        return length;
    }

    private static ReadOnlySpan<T> TakePair<T>(ref ReadOnlySpan<T> rest)
        where T : unmanaged, IBinaryInteger<T>
    {
        var end = rest.IndexOf(T.CreateTruncating(';'));
        var pair = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return pair;
    }

    private static bool IsNamed<T>(ReadOnlySpan<T> pair, ReadOnlySpan<T> name)
        where T : unmanaged, IBinaryInteger<T> =>
        pair.Length > name.Length && pair[name.Length] == T.CreateTruncating('=') && pair.StartsWith(name);

    private static ReadOnlySpan<T> Trim<T>(ReadOnlySpan<T> pair)
        where T : unmanaged, IBinaryInteger<T>
    {
        while (!pair.IsEmpty && IsBlank(pair[0]))
        {
            pair = pair[1..];
        }
        while (!pair.IsEmpty && IsBlank(pair[^1]))
        {
            pair = pair[..^1];
        }
        return pair;
    }

    private static bool IsBlank<T>(T c)
        where T : unmanaged, IBinaryInteger<T> => c == T.CreateTruncating(' ') || c == T.CreateTruncating('\t');
}
