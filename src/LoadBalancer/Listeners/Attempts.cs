using System.Net.Sockets;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Listeners;

/// <summary>How long another endpoint is tried while connections fail. Nothing was sent, so trying is always safe.</summary>
internal static class Attempts
{
    /// <summary>Refused connections cost nothing and are tried widely; those that time out only until the client has waited twice the limit.</summary>
    public static bool MayConnectAgain(int failed, TimeSpan elapsed, ServicePolicy policy) =>
        failed < PickContext.MaxTries && elapsed < policy.ConnectTimeout * 2;

    /// <summary>True when this machine ran out of descriptors, memory or ports: that says nothing about the endpoint.</summary>
    public static bool IsShortage(Exception? error) => error is SocketException
    {
        SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.AddressNotAvailable,
    };
}
