using System.Net;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.IntegrationTests.Harness;

/// <summary>PROXY headers on a raw connection.</summary>
public static class ProxyWire
{
    /// <summary>Reads the header that comes first, and not a byte more.</summary>
    public static async Task<ProxyHeader> ReadProxyHeaderAsync(this Wire wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        var bytes = new List<byte>();
        while (true)
        {
            bytes.AddRange(await wire.ReadAsync(1));
            var reading = ProxyHeaderReader.Read(bytes.ToArray());
            if (reading.Status == PrefaceStatus.Malformed)
            {
                throw new InvalidDataException(reading.Problem);
            }
            if (reading.Status == PrefaceStatus.Complete)
            {
                return reading.Header;
            }
        }
    }

    /// <summary>The header of a connection from <paramref name="source"/>, "192.0.2.7:1234", to 203.0.113.1:80.</summary>
    public static byte[] Header(ProxyProtocolVersion version, string source)
    {
        var bytes = new byte[ProxyHeaderWriter.LongestHeader];
        return bytes[..ProxyHeaderWriter.Write(bytes, version, ProxyHeader.Of(IPEndPoint.Parse(source), IPEndPoint.Parse("203.0.113.1:80")))];
    }

    /// <summary>A connection whose first bytes are the header of one from <paramref name="source"/>.</summary>
    public static async Task<Wire> ConnectAsync(int port, string source, ProxyProtocolVersion version = ProxyProtocolVersion.V2)
    {
        var wire = await Wire.ConnectAsync(port);
        await wire.SendAsync(Header(version, source));
        return wire;
    }
}
