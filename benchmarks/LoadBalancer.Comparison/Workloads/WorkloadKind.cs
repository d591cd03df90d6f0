namespace LoadBalancer.Comparison.Workloads;

/// <summary>What a proxy must relay.</summary>
public enum WorkloadKind
{
    /// <summary>HTTP/1.1 requests.</summary>
    Http,

    /// <summary>Small messages over TCP, one outstanding per connection.</summary>
    TcpEcho,

    /// <summary>An endless stream over TCP, backend to client.</summary>
    TcpBulk,
}
