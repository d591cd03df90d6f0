using System.Net;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>Reads the addresses that accept4(2) gives: struct sockaddr_in (ip(7)) and sockaddr_in6 (ipv6(7)).</summary>
internal static class PeerAddress
{
    /// <summary>Room for either.</summary>
    public const int Size = 28;

    private const int Inet = 2;
    private const int Inet6 = 10;

    private static ReadOnlySpan<byte> Mapped => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    /// <summary>The address, IPv4 as such also when it comes in IPv6 form; null on a Unix socket.</summary>
    public static IPAddress? Of(ReadOnlySpan<byte> address)
    {
        switch (address.Length < sizeof(ushort) ? 0 : BitConverter.ToUInt16(address))
        {
            case Inet:
                return new IPAddress(address.Slice(4, 4));
            case Inet6:
                var ip = address.Slice(8, 16);
                return ip.StartsWith(Mapped) ? new IPAddress(ip[12..]) : new IPAddress(ip, BitConverter.ToUInt32(address[24..]));
            default:
                return null;
        }
    }
}
