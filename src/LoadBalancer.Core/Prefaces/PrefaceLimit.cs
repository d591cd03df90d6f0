namespace LoadBalancer.Core.Prefaces;

/// <summary>How long a preface may take, the same for every engine.</summary>
public static class PrefaceLimit
{
    /// <summary>For each: proxies send a header with the connection, and clients a ClientHello.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(10);
}
