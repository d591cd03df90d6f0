using System.ComponentModel;
using System.Net.Sockets;

namespace LoadBalancer.Core.Health;

/// <summary>Tells when this machine ran out of descriptors, memory, ports or processes: that says nothing about the other side.</summary>
public static class Shortage
{
    // EAGAIN, ENOMEM, ENFILE, EMFILE (errno(3), Linux); Windows' own numbers mean other things, and there are none to run out of.
    private static readonly int[] s_errno = [11, 12, 23, 24];

    /// <summary>True when a shortage is behind the error, itself or as the cause of what it wraps.</summary>
    public static bool IsBehind(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            switch (error)
            {
                case SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.AddressNotAvailable }:
                    return true;
                case Win32Exception and not SocketException when !OperatingSystem.IsWindows():
                    return s_errno.Contains(((Win32Exception)error).NativeErrorCode);
                default:
                    break;
            }
        }
        return false;
    }
}
