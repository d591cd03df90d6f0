using System.Buffers;
using System.IO.Hashing;
using System.Net;
using System.Text;

namespace LoadBalancer.Core.Balancing.Hashing;

/// <summary>
/// Hashes of keys: XxHash64 over the bytes as they came over the wire, with a fixed seed, so that every balancer and every
/// engine gets the same. An empty key is a missing key: null. Nothing is allocated for keys up to 256 bytes.
/// </summary>
public static class KeyHash
{
    private const int OnStack = 256;

    /// <summary>The hash of a value in bytes.</summary>
    public static ulong? Of(ReadOnlySpan<byte> value) => value.IsEmpty ? null : XxHash64.HashToUInt64(value);

    /// <summary>The hash of a value of which each character stands for one byte (ISO 8859-1).</summary>
    public static ulong? Of(ReadOnlySpan<char> value)
    {
        if (value.Length <= OnStack)
        {
            Span<byte> bytes = stackalloc byte[OnStack];
            return Of(bytes[..Encoding.Latin1.GetBytes(value, bytes)]);
        }
        var rented = ArrayPool<byte>.Shared.Rent(value.Length);
        var hash = Of(rented.AsSpan(0, Encoding.Latin1.GetBytes(value, rented)));
        ArrayPool<byte>.Shared.Return(rented);
        return hash;
    }

    /// <summary>The hash of an address; IPv4 in IPv6 form (::ffff:10.0.0.1) is the same as IPv4.</summary>
    public static ulong? Of(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out var length))
        {
            return null;
        }
        return Of(address.IsIPv4MappedToIPv6 ? bytes[12..] : bytes[..length]);
    }

    /// <summary>The hash of a cookie's value in one Cookie header field (RFC 6265 section 4.2.1); null when it is not there.</summary>
    public static ulong? OfCookie(ReadOnlySpan<char> field, ReadOnlySpan<char> name) => Of(Find(field, ';', name));

    /// <summary>The hash of the first such parameter of a query, with or without its "?"; null when it is not there.</summary>
    public static ulong? OfQuery(ReadOnlySpan<char> query, ReadOnlySpan<char> name) =>
        Of(Find(query.StartsWith('?') ? query[1..] : query, '&', name));

    private static ReadOnlySpan<char> Find(ReadOnlySpan<char> pairs, char separator, ReadOnlySpan<char> name)
    {
        foreach (var range in pairs.Split(separator))
        {
            var pair = pairs[range].Trim(" \t");
            if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name))
            {
                return pair[(name.Length + 1)..];
            }
        }
        return [];
    }
}
