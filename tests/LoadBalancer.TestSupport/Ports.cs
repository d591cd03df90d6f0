using System.Net;
using System.Net.Sockets;

namespace LoadBalancer.TestSupport;

/// <summary>Free ports on loopback.</summary>
public static class Ports
{
    private static readonly Lock s_lock = new();
    private static readonly HashSet<int> s_given = [];

    /// <summary>
    /// A port that nothing listens on now, over TCP and UDP, and that this process never gave before. Taken below the
    /// kernel's ephemeral range, so that no outgoing connection can take it between now and the bind.
    /// </summary>
    public static int Free()
    {
        lock (s_lock)
        {
            while (true)
            {
                // Seeded by the process: two test assemblies that run side by side look in different places.
                var port = Random.Shared.Next(12_000, 32_000);
                if (s_given.Contains(port) || !CanBind(port, SocketType.Stream, ProtocolType.Tcp) || !CanBind(port, SocketType.Dgram, ProtocolType.Udp))
                {
                    continue;
                }
                s_given.Add(port);
                return port;
            }
        }
    }

    private static bool CanBind(int port, SocketType type, ProtocolType protocol)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
