using System.Net.Sockets;

namespace LoadBalancer.Core.Prefaces.ProxyProtocol;

/// <summary>The PROXY header of a connection that the balancer makes for itself, as its checks do.</summary>
public static class OwnHeader
{
    /// <summary>Sends it as the first on a connection; nothing when it is off.</summary>
    public static async ValueTask SendAsync(Socket connected, ProxyProtocolVersion version, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(connected);
        if (version == ProxyProtocolVersion.Off)
        {
            return;
        }
        // Version 1 has no word for it; "UNKNOWN" is refused by some, so that the protocol advises to name the connection's own ends.
        var header = version == ProxyProtocolVersion.V2 ? ProxyHeader.Local : ProxyHeader.Of(connected.LocalEndPoint, connected.RemoteEndPoint);
        var bytes = new byte[ProxyHeaderWriter.LongestHeader];
        // Less than the emptiest send buffer takes: it goes at once.
        await connected.SendAsync(bytes.AsMemory(0, ProxyHeaderWriter.Write(bytes, version, header)), ct);
    }
}
