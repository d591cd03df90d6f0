using LoadBalancer.Core.Balancing.Hashing;

namespace LoadBalancer.Core.Routing;

/// <summary>How routing reads the key of a request that a split goes by, whatever engine holds it.</summary>
public interface IKeyLookup
{
    /// <summary>The hash of the key, or null when the request has none.</summary>
    ulong? HashOf(HashKey key);
}
