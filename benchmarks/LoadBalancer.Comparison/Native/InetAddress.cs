using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace LoadBalancer.Comparison.Native;

/// <summary>struct sockaddr_in of a port on 127.0.0.1.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct InetAddress
{
    public const int Size = 16;

    public readonly ushort Family = Libc.AfInet;
    public readonly ushort Port;
    public readonly uint Address;
    public readonly ulong Padding;

    public InetAddress(int port)
    {
        Port = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((ushort)port) : (ushort)port;
        Address = BitConverter.IsLittleEndian ? 0x0100007Fu : 0x7F000001u;
    }
}
