namespace LoadBalancer.Configuration.Options;

/// <summary>The names of sources.</summary>
public static class SourceKinds
{
    /// <summary>The name of the source in the catalog: "consul", "dns" or "static".</summary>
    public static string ToName(this SourceKind kind) => kind switch
    {
        SourceKind.Consul => "consul",
        SourceKind.Dns => "dns",
        SourceKind.Static => "static",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
