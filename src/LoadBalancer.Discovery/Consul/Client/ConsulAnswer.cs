namespace LoadBalancer.Discovery.Consul.Client;

/// <summary>What Consul answered to a read.</summary>
/// <param name="Value">The body.</param>
/// <param name="Index">X-Consul-Index.</param>
/// <param name="KnownLeader">False when the server that answered knows no leader (stale reads only).</param>
/// <param name="Filtered">Consul left things out because the token may not read them (told by Consul 1.11 and later).</param>
internal sealed record ConsulAnswer<T>(T Value, ulong Index, bool KnownLeader, bool Filtered);
