namespace LoadBalancer.Core.Prefaces.ProxyProtocol;

/// <summary>The form in which a PROXY header is sent.</summary>
public enum ProxyProtocolVersion
{
    /// <summary>None is sent.</summary>
    Off,

    /// <summary>A line of text.</summary>
    V1,

    /// <summary>Binary.</summary>
    V2,
}
