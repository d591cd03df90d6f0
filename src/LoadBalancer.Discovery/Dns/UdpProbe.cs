using System.Net;
using System.Net.Sockets;

namespace LoadBalancer.Discovery.Dns;

/// <summary>
/// Finds out whether nothing listens on a UDP port. A kernel says so (ICMP port unreachable) to a connected socket
/// alone, and DnsClient does not connect its own: it would wait for its whole timeout.
/// </summary>
internal static class UdpProbe
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(250);

    // A question for the root's name servers: the shortest that every server understands.
    private static readonly byte[] s_question = [0x6c, 0x62, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1];

    /// <summary>True when the host said that nobody listens there; false when somebody answered, or nobody said anything for a quarter of a second.</summary>
    public static async Task<bool> IsRefusedAsync(IPEndPoint server, CancellationToken stop)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(s_patience);
        try
        {
            await socket.ConnectAsync(server, patience.Token);
            await socket.SendAsync(s_question, patience.Token);
            await socket.ReceiveAsync(new byte[512], patience.Token);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }
}
