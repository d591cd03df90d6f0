namespace LoadBalancer.Configuration.Options;

/// <summary>Whether the connections of a listener begin with a PROXY header.</summary>
public enum ListenerProxyProtocol
{
    /// <summary>They do not.</summary>
    Off,

    /// <summary>All do, and come from trusted proxies; others are closed.</summary>
    Require,
}
