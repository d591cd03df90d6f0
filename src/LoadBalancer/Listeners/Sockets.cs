using System.Net;
using System.Net.Sockets;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Health;

namespace LoadBalancer.Listeners;

/// <summary>How the program sets up its sockets.</summary>
internal static class Sockets
{
    /// <summary>A bound and listening socket.</summary>
    /// <exception cref="SocketException">The address is taken or not to be had.</exception>
    public static Socket Listen(BindAddress address, int backlog)
    {
        // "All addresses" are those of IPv4 where the kernel has no IPv6.
        var endPoint = IPAddress.IPv6Any.Equals(address.Address) && !Socket.OSSupportsIPv6 ? new IPEndPoint(IPAddress.Any, address.Port) : address.EndPoint;
        var isUnix = endPoint.AddressFamily == AddressFamily.Unix;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            if (isUnix)
            {
                RemoveAbandoned((UnixDomainSocketEndPoint)endPoint);
            }
            else if (endPoint is IPEndPoint { Address: var ip } && ip.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }
            socket.Bind(endPoint);
            socket.Listen(backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Small messages leave at once; a peer that vanished is noticed.</summary>
    public static void Tune(Socket connection)
    {
        if (connection.AddressFamily != AddressFamily.Unix)
        {
            connection.NoDelay = true;
            connection.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        }
    }

    /// <summary>A socket for a connection to <paramref name="remote"/>.</summary>
    public static Socket For(EndPoint remote)
    {
        var socket = remote is IPEndPoint ip
            ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        Tune(socket);
        return socket;
    }

    /// <summary>Removes the file of a Unix socket that no process listens on any more.</summary>
    private static void RemoveAbandoned(UnixDomainSocketEndPoint endPoint)
    {
        var path = endPoint.ToString();
        if (!File.Exists(path))
        {
            return;
        }
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
    }

    /// <summary>True when this machine ran out of descriptors, memory or ports: that says nothing about the other side.</summary>
    public static bool IsShortage(Exception? error) => Shortage.IsBehind(error);
}
