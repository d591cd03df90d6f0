namespace LoadBalancer.Discovery.Dns;

/// <summary>How DNS servers are asked.</summary>
public enum DnsTransport
{
    /// <summary>
    /// TCP; a server that never answered over TCP is asked over UDP with EDNS. Over UDP a Consul agent leaves out
    /// instances without saying so.
    /// </summary>
    Auto,

    /// <summary>TCP alone.</summary>
    Tcp,

    /// <summary>UDP with EDNS, and TCP for an answer that is marked as truncated.</summary>
    Udp,
}
