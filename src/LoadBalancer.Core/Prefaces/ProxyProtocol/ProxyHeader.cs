using System.Net;

namespace LoadBalancer.Core.Prefaces.ProxyProtocol;

/// <summary>What a PROXY header says of a connection.</summary>
/// <remarks><see href="https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt"/></remarks>
public readonly record struct ProxyHeader
{
    /// <summary>
    /// The connection is the proxy's own, as that of a health check. One on behalf of somebody without an address is not, but
    /// for both the ends are those of the connection itself.
    /// </summary>
    public static ProxyHeader Local { get; } = new() { IsLocal = true };

    /// <summary>True when the connection is on nobody's behalf.</summary>
    public bool IsLocal { get; init; }

    /// <summary>The client; null when its address is not said.</summary>
    public ProxyAddress? Source { get; init; }

    /// <summary>What the client connected to; null exactly when <see cref="Source"/> is.</summary>
    public ProxyAddress? Destination { get; init; }

    /// <summary>The header of a connection from one address to another; without either (Unix sockets) nothing is said.</summary>
    public static ProxyHeader Of(EndPoint? source, EndPoint? destination) =>
        ProxyAddress.Of(source) is { } from && ProxyAddress.Of(destination) is { } to ? new ProxyHeader { Source = from, Destination = to } : default;
}
