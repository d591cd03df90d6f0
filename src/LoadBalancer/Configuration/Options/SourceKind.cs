namespace LoadBalancer.Configuration.Options;

/// <summary>The sources that endpoints come from.</summary>
public enum SourceKind
{
    /// <summary>Consul's catalog and health.</summary>
    Consul,

    /// <summary>DNS SRV records.</summary>
    Dns,

    /// <summary>Endpoints in lb.json.</summary>
    Static,
}
