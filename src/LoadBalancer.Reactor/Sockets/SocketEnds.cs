using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>The addresses of a connected socket, with their ports; null on a Unix socket, and of a connection that is reset.</summary>
internal static class SocketEnds
{
    /// <summary>The other side.</summary>
    public static IPEndPoint? Peer(int descriptor)
    {
        Span<byte> address = stackalloc byte[PeerAddress.Size];
        var length = (uint)address.Length;
        return Libc.GetPeer(descriptor, ref MemoryMarshal.GetReference(address), ref length) == 0 ? Read(address, length) : null;
    }

    /// <summary>This side: what the other one connected to.</summary>
    public static IPEndPoint? Local(int descriptor)
    {
        Span<byte> address = stackalloc byte[PeerAddress.Size];
        var length = (uint)address.Length;
        return Libc.GetLocal(descriptor, ref MemoryMarshal.GetReference(address), ref length) == 0 ? Read(address, length) : null;
    }

    /// <summary>A longer address, of a Unix socket, is cut by the kernel.</summary>
    private static IPEndPoint? Read(ReadOnlySpan<byte> address, uint length) =>
        PeerAddress.Of(address[..(int)Math.Min(length, (uint)address.Length)]) is { } ip ? new IPEndPoint(ip, BinaryPrimitives.ReadUInt16BigEndian(address[2..])) : null;
}
