using System.Buffers.Binary;
using System.Net;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>Reads the addresses that accept4(2) gives (struct sockaddr_in, sockaddr_in6).</summary>
internal static class PeerAddress
{
    /// <summary>Enough for every kind of address that matters here.</summary>
    public const int Size = 28;

    private const int Inet = 2;
    private const int Inet6 = 10;

    /// <summary>The address, IPv4 as such also when it came in IPv6 form; null on a Unix socket.</summary>
    public static IPEndPoint? Of(ReadOnlySpan<byte> address)
    {
        var family = address.Length < 2 ? 0 : BitConverter.ToUInt16(address);
        switch (family)
        {
            case Inet when address.Length >= 8:
                return new IPEndPoint(new IPAddress(address.Slice(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(address[2..]));
            case Inet6 when address.Length >= 24:
                var ip = new IPAddress(address.Slice(8, 16));
                return new IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, BinaryPrimitives.ReadUInt16BigEndian(address[2..]));
            default:
                return null;
        }
    }
}
