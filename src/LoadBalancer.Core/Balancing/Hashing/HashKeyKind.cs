namespace LoadBalancer.Core.Balancing.Hashing;

/// <summary>The parts of a request that can be hashed.</summary>
public enum HashKeyKind
{
    /// <summary>The client's address, without the port.</summary>
    Source,

    /// <summary>The value of a header field.</summary>
    Header,

    /// <summary>The value of a cookie.</summary>
    Cookie,

    /// <summary>The path as the client wrote it, without the query.</summary>
    Path,

    /// <summary>The value of a query parameter as the client wrote it.</summary>
    Query,
}
