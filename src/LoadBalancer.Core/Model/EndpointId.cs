namespace LoadBalancer.Core.Model;

/// <summary>
/// Who an endpoint is, whatever its address: the node and service id where the source knows them (Consul), else
/// the address and port under an empty node.
/// </summary>
/// <param name="Node">The node's name, or "" where the source knows none.</param>
/// <param name="ServiceId">The id of the registration, or "host:port".</param>
public readonly record struct EndpointId(string Node, string ServiceId)
{
    /// <summary>The identity of an endpoint of which only the address is known.</summary>
    public static EndpointId OfAddress(string host, int port) => new("", Authority.Format(host, port));

    /// <summary>"node/service-id", or the address.</summary>
    public override string ToString() => Node.Length == 0 ? ServiceId : $"{Node}/{ServiceId}";
}
