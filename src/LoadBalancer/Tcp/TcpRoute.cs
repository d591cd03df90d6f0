using LoadBalancer.Core.Model;

namespace LoadBalancer.Tcp;

/// <summary>Where a connection goes.</summary>
/// <param name="Service">The service.</param>
/// <param name="Tag">Only its endpoints with this tag; empty for all.</param>
/// <param name="Received">What has been read of the connection: the endpoint gets it first.</param>
internal sealed record TcpRoute(Service Service, string Tag, ReadOnlyMemory<byte> Received);
