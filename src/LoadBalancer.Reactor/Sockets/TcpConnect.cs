using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>Makes connections without waiting for them.</summary>
internal static class TcpConnect
{
    /// <summary>Begins to connect: a descriptor that becomes writable when that has ended; -1 when it failed at once.</summary>
    /// <param name="address">As connect(2) takes it.</param>
    /// <param name="errno">Why it failed.</param>
    public static int Begin(ReadOnlySpan<byte> address, out int errno)
    {
        errno = 0;
        var descriptor = Libc.Socket(BitConverter.ToUInt16(address), Libc.SockStream | Libc.SockNonBlock | Libc.SockCloseOnExec, 0);
        if (descriptor < 0)
        {
            errno = Marshal.GetLastPInvokeError();
            return -1;
        }
        TcpOptions.Tune(descriptor);
        if (Libc.Connect(descriptor, in MemoryMarshal.GetReference(address), (uint)address.Length) == 0 || (errno = Marshal.GetLastPInvokeError()) == Errno.InProgress)
        {
            return descriptor;
        }
        _ = Libc.Close(descriptor);
        return -1;
    }

    /// <summary>Why it could not connect, as an error number; 0 when it is connected.</summary>
    public static int Error(int descriptor)
    {
        var errno = 0;
        uint length = sizeof(int);
        return Libc.GetOption(descriptor, Libc.SolSocket, Libc.SoError, ref errno, ref length) == 0 ? errno : Marshal.GetLastPInvokeError();
    }
}
