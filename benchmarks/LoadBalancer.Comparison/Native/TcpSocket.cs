using System.ComponentModel;
using System.Runtime.InteropServices;

namespace LoadBalancer.Comparison.Native;

/// <summary>Opens TCP sockets on 127.0.0.1 as bare descriptors.</summary>
internal static class TcpSocket
{
    /// <summary>Starts a non-blocking connect; the descriptor becomes writable when it is done. -1 if it failed at once.</summary>
    public static int Connect(int port)
    {
        var fd = Libc.Socket(Libc.AfInet, Libc.SockStream | Libc.SockNonBlock | Libc.SockCloseOnExec, 0);
        if (fd < 0)
        {
            return -1;
        }
        NoDelay(fd);
        if (Libc.Connect(fd, new InetAddress(port), InetAddress.Size) == 0 || Marshal.GetLastPInvokeError() == Libc.EInProgress)
        {
            return fd;
        }
        _ = Libc.Close(fd);
        return -1;
    }

    /// <summary>A non-blocking listening socket; throws when the port is taken.</summary>
    public static int Listen(int port)
    {
        var fd = Libc.Socket(Libc.AfInet, Libc.SockStream | Libc.SockNonBlock | Libc.SockCloseOnExec, 0);
        _ = Libc.SetSocketOption(fd, Libc.SolSocket, Libc.SoReuseAddress, 1, sizeof(int));
        if (fd < 0 || Libc.Bind(fd, new InetAddress(port), InetAddress.Size) != 0 || Libc.Listen(fd, 4096) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot listen on 127.0.0.1:{port}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        return fd;
    }

    public static void NoDelay(int fd) => _ = Libc.SetSocketOption(fd, Libc.IpProtoTcp, Libc.TcpNoDelay, 1, sizeof(int));
}
