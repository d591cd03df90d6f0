using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>Options of TCP sockets (tcp(7)); without effect on others.</summary>
internal static class TcpOptions
{
    /// <summary>Small messages leave at once; a peer that vanished is noticed. A listening socket's connections inherit both.</summary>
    public static void Tune(int descriptor)
    {
        _ = Libc.SetOption(descriptor, Libc.IpProtoTcp, Libc.TcpNoDelay, 1, sizeof(int));
        _ = Libc.SetOption(descriptor, Libc.SolSocket, Libc.SoKeepAlive, 1, sizeof(int));
    }

    /// <summary>
    /// Whether what comes is acknowledged as it comes, or with what is sent next (within 40 ms). A listening socket's
    /// connections inherit it; the kernel changes it as it sees fit.
    /// </summary>
    public static void AcknowledgeAtOnce(int descriptor, bool isOn) => _ = Libc.SetOption(descriptor, Libc.IpProtoTcp, Libc.TcpQuickAck, isOn ? 1 : 0, sizeof(int));
}
