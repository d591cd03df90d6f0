namespace LoadBalancer.Core.Health.Active;

/// <summary>How the balancer checks an endpoint.</summary>
public enum ActiveCheckType
{
    /// <summary>An HTTP request.</summary>
    Http,

    /// <summary>A TCP connection.</summary>
    Tcp,

    /// <summary>gRPC's health protocol over HTTP/2 without TLS.</summary>
    Grpc,

    /// <summary>A program on the balancer's machine.</summary>
    Command,
}
