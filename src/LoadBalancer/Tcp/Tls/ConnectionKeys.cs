using System.Net;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Routing;

namespace LoadBalancer.Tcp.Tls;

/// <summary>A connection has one key: whence it comes.</summary>
internal sealed class ConnectionKeys(IPAddress? source) : IKeyLookup
{
    public ulong? HashOf(HashKey key) => key.Kind == HashKeyKind.Source ? KeyHash.Of(source) : null;
}
