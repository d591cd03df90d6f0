using System.Buffers.Binary;
using System.Net;

namespace LoadBalancer.Core.Prefaces.ProxyProtocol;

/// <summary>An IP address and port as a value, so that reading and writing PROXY headers allocates nothing.</summary>
/// <param name="Bits">The address as a number; of an IPv4 address the lowest 32 bits.</param>
/// <param name="IsV6">Whether it is an IPv6 address.</param>
/// <param name="Port">0 to 65535.</param>
public readonly record struct ProxyAddress(UInt128 Bits, bool IsV6, ushort Port)
{
    private const ulong MappedPrefix = 0xFFFF;

    /// <summary>The IPv6 form of the address (RFC 4291 section 2.5.5.2 for IPv4).</summary>
    internal UInt128 V6Bits => IsV6 ? Bits : Bits | ((UInt128)MappedPrefix << 32);

    /// <summary>The address of an IP end point; null for none and for a Unix socket. IPv4 in IPv6 form becomes IPv4.</summary>
    public static ProxyAddress? Of(EndPoint? endPoint)
    {
        if (endPoint is not IPEndPoint ip)
        {
            return null;
        }
        Span<byte> bytes = stackalloc byte[16];
        ip.Address.TryWriteBytes(bytes, out var length);
        return Of(bytes[..length], (ushort)ip.Port);
    }

    /// <summary>The address of 4 or 16 bytes in network order. IPv4 in IPv6 form becomes IPv4.</summary>
    internal static ProxyAddress Of(ReadOnlySpan<byte> bytes, ushort port) =>
        bytes.Length == 4 ? new ProxyAddress(BinaryPrimitives.ReadUInt32BigEndian(bytes), false, port) : Of(BinaryPrimitives.ReadUInt128BigEndian(bytes), port);

    /// <summary>The address of 128 bits. IPv4 in IPv6 form becomes IPv4: the rest of the program knows a client by one address only.</summary>
    internal static ProxyAddress Of(UInt128 bits, ushort port) =>
        bits >> 32 == MappedPrefix ? new ProxyAddress((uint)bits, false, port) : new ProxyAddress(bits, true, port);

    /// <summary>The same as an object.</summary>
    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
        return new IPEndPoint(new IPAddress(IsV6 ? bytes : bytes[12..]), Port);
    }

    /// <summary>"192.0.2.1:80", "[2001:db8::1]:80".</summary>
    public override string ToString() => ToEndPoint().ToString();
}
