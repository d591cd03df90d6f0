using System.Buffers.Binary;
using System.Numerics;

namespace LoadBalancer.Core.Prefaces.ProxyProtocol;

/// <summary>
/// Version 2 of the PROXY header: a signature of 12 bytes, version and command, family and transport, the length of the rest;
/// then the addresses and ports, then type-length-value fields.
/// </summary>
internal static class ProxyBlock
{
    /// <summary>Signature, two bytes of kind, two of length.</summary>
    private const int Fixed = 16;

    private const byte Local = 0x20;
    private const byte Proxy = 0x21;
    private const byte Tcp4 = 0x11;
    private const byte Tcp6 = 0x21;
    private const int V4Length = (2 * 4) + (2 * 2);
    private const int V6Length = (2 * 16) + (2 * 2);
    private const int UnixLength = 2 * 108;
    private const byte Checksum = 0x03;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    public static ProxyReading Read(ReadOnlySpan<byte> received)
    {
        var known = Math.Min(received.Length, Signature.Length);
        if (!received[..known].SequenceEqual(Signature[..known]))
        {
            return ProxyReading.Malformed("it is neither \"PROXY \" nor the signature of version 2");
        }
        if (received.Length > 12 && received[12] is not (Local or Proxy))
        {
            return ProxyReading.Malformed("its version or command is unknown");
        }
        if (received.Length < Fixed)
        {
            return ProxyReading.Incomplete;
        }
        var length = Fixed + BinaryPrimitives.ReadUInt16BigEndian(received[14..]);
        if (length > ProxyHeaderReader.LongestHeader)
        {
            return ProxyReading.Malformed("it is longer than 4096 bytes");
        }
        if (received.Length < length)
        {
            return ProxyReading.Incomplete;
        }
        return received[12] == Local ? ProxyReading.Complete(ProxyHeader.Local, length) : ReadProxied(received[..length]);
    }

    /// <summary>Writes the header; how many bytes it has.</summary>
    public static int Write(Span<byte> to, in ProxyHeader header)
    {
        Signature.CopyTo(to);
        to[12] = header.IsLocal ? Local : Proxy;
        var (family, length) = (0, 0);
        if (header is { Source: { } source, Destination: { } destination })
        {
            var isV6 = source.IsV6 || destination.IsV6;
            (family, length) = isV6 ? (Tcp6, V6Length) : (Tcp4, V4Length);
            var size = isV6 ? 16 : 4;
            WriteBits(to.Slice(Fixed, size), source);
            WriteBits(to.Slice(Fixed + size, size), destination);
            BinaryPrimitives.WriteUInt16BigEndian(to[(Fixed + (2 * size))..], source.Port);
            BinaryPrimitives.WriteUInt16BigEndian(to[(Fixed + (2 * size) + 2)..], destination.Port);
        }
        to[13] = (byte)family;
        BinaryPrimitives.WriteUInt16BigEndian(to[14..], (ushort)length);
        return Fixed + length;
    }

    private static ProxyReading ReadProxied(ReadOnlySpan<byte> block)
    {
        var family = block[13] >> 4;
        var transport = block[13] & 0x0F;
        if (family > 3 || transport > 2)
        {
            return ProxyReading.Malformed("its address family or transport is unknown");
        }
        if (family == 0 || transport == 0)
        {
            // Nobody says what then follows: it is to be skipped.
            return ProxyReading.Complete(default, block.Length);
        }
        var addresses = family switch { 1 => V4Length, 2 => V6Length, _ => UnixLength };
        if (block.Length < Fixed + addresses)
        {
            return ProxyReading.Malformed("it is too short for the addresses of its family");
        }
        if (FindProblem(block, Fixed + addresses) is { } problem)
        {
            return ProxyReading.Malformed(problem);
        }
        // A Unix socket has no address that anything here goes by.
        return ProxyReading.Complete(family == 3 ? default : ReadAddresses(block.Slice(Fixed, addresses), family == 1 ? 4 : 16), block.Length);
    }

    private static ProxyHeader ReadAddresses(ReadOnlySpan<byte> addresses, int size) => new()
    {
        Source = ProxyAddress.Of(addresses[..size], BinaryPrimitives.ReadUInt16BigEndian(addresses[(2 * size)..])),
        Destination = ProxyAddress.Of(addresses.Slice(size, size), BinaryPrimitives.ReadUInt16BigEndian(addresses[((2 * size) + 2)..])),
    };

    /// <summary>Walks over the fields behind the addresses: of a type, a length of two bytes and a value each.</summary>
    private static string? FindProblem(ReadOnlySpan<byte> block, int at)
    {
        var hasChecksum = false;
        while (at < block.Length)
        {
            if (block.Length - at < 3 || block.Length - at - 3 < BinaryPrimitives.ReadUInt16BigEndian(block[(at + 1)..]))
            {
                return "a field of it is longer than the header";
            }
            var length = BinaryPrimitives.ReadUInt16BigEndian(block[(at + 1)..]);
            if (block[at] == Checksum)
            {
                if (hasChecksum || length != sizeof(uint) || BinaryPrimitives.ReadUInt32BigEndian(block[(at + 3)..]) != Sum(block, at + 3))
                {
                    return "its checksum is wrong";
                }
                hasChecksum = true;
            }
            at += 3 + length;
        }
        return null;
    }

    /// <summary>CRC32c (RFC 4960 appendix B) over the whole header, in which the sum itself counts as zero.</summary>
    private static uint Sum(ReadOnlySpan<byte> block, int sumAt)
    {
        var crc = uint.MaxValue;
        for (var i = 0; i < block.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, i >= sumAt && i < sumAt + sizeof(uint) ? (byte)0 : block[i]);
        }
        return ~crc;
    }

    private static void WriteBits(Span<byte> to, ProxyAddress address)
    {
        if (to.Length == 4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(to, (uint)address.Bits);
        }
        else
        {
            BinaryPrimitives.WriteUInt128BigEndian(to, address.V6Bits);
        }
    }
}
