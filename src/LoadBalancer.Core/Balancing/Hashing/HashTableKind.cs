namespace LoadBalancer.Core.Balancing.Hashing;

/// <summary>How hashes are mapped to endpoints.</summary>
public enum HashTableKind
{
    /// <summary>A table of fixed size: shares follow the weights closely, look-up is one array access.</summary>
    Maglev,

    /// <summary>Points on a ring: a change moves no key but those that it must; shares are coarser.</summary>
    Ring,
}
