namespace LoadBalancer.Configuration.Options;

/// <summary>What a listener speaks.</summary>
public enum ListenerProtocol
{
    /// <summary>HTTP/1.1 and, with prior knowledge, HTTP/2 without TLS; requests are routed one by one.</summary>
    Http,

    /// <summary>Bytes; each connection goes to an endpoint of one service.</summary>
    Tcp,

    /// <summary>TLS that is not decrypted; each connection goes to an endpoint of the service that its server name leads to.</summary>
    Tls,
}
