using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.Listeners;

/// <summary>Whence a connection comes and where it went: by its PROXY header where there is one, else by its socket.</summary>
/// <param name="Source">The client.</param>
/// <param name="Destination">What it connected to.</param>
internal sealed record ConnectionOrigin(EndPoint? Source, EndPoint? Destination)
{
    /// <summary>The client's address; null on a Unix socket.</summary>
    public IPAddress? Address => (Source as IPEndPoint)?.Address;

    /// <summary>The PROXY header that tells an endpoint the same.</summary>
    public ProxyHeader Header => ProxyHeader.Of(Source, Destination);

    public static ConnectionOrigin Of(Socket connection) => new(connection.RemoteEndPoint, connection.LocalEndPoint);

    /// <summary>What the header says; null when it says that the connection's own ends are those.</summary>
    public static ConnectionOrigin? Of(in ProxyHeader header) =>
        header is { Source: { } source, Destination: { } destination } ? new ConnectionOrigin(source.ToEndPoint(), destination.ToEndPoint()) : null;
}
