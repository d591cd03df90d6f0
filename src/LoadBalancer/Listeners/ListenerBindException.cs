using System.Net.Sockets;
using LoadBalancer.Configuration.Options;

namespace LoadBalancer.Listeners;

/// <summary>An address cannot be listened on; the message names it, the key that sets it, and the remedy.</summary>
internal sealed class ListenerBindException(string key, BindAddress address, SocketException inner) : UnusableConfigurationException(Describe(key, address, inner), inner)
{
    private static string Describe(string key, BindAddress address, SocketException inner) => inner.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => $"{address} is in use by another program; stop that or set {key} to another port",
        SocketError.AccessDenied => $"not allowed to listen on {address}; ports below 1024 need CAP_NET_BIND_SERVICE, or set {key} to another port",
        SocketError.AddressNotAvailable => $"this machine has no address {address}; set {key} to one that it has, or to 0.0.0.0",
        _ => $"cannot listen on {address} ({key}): {inner.Message}",
    };
}
