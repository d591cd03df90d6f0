namespace LoadBalancer.Core.Model;

/// <summary>How the HTTP endpoints of a service are spoken to.</summary>
public enum UpstreamProtocol
{
    /// <summary>HTTP/1.1 (RFC 9112).</summary>
    Http1,

    /// <summary>HTTP/2 over cleartext with prior knowledge (RFC 9113 section 3.3), as gRPC needs.</summary>
    H2c,
}
