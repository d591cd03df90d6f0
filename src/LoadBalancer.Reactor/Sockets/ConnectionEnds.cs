using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>Asks the kernel for the two ends of a connection; null on a Unix socket, and when it has broken.</summary>
internal static class ConnectionEnds
{
    private delegate int Call(int descriptor, ref byte address, ref uint length);

    /// <summary>The other side's.</summary>
    public static IPEndPoint? Remote(int descriptor) => Ask(Libc.GetPeerName, descriptor);

    /// <summary>This side's.</summary>
    public static IPEndPoint? Local(int descriptor) => Ask(Libc.GetSocketName, descriptor);

    private static IPEndPoint? Ask(Call name, int descriptor)
    {
        Span<byte> bytes = stackalloc byte[PeerAddress.Size];
        var length = (uint)bytes.Length;
        if (name(descriptor, ref MemoryMarshal.GetReference(bytes), ref length) != 0)
        {
            return null;
        }
        // A longer one is that of a Unix socket, of which only the family is looked at.
        bytes = bytes[..(int)Math.Min(length, (uint)bytes.Length)];
        // The port is in the same place in either family.
        return PeerAddress.Of(bytes) is { } address ? new IPEndPoint(address, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])) : null;
    }
}
