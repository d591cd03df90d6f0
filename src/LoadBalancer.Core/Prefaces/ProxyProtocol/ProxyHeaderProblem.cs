namespace LoadBalancer.Core.Prefaces.ProxyProtocol;

/// <summary>Why a connection that has to begin with a PROXY header is closed, for the log; the same words for every engine.</summary>
public static class ProxyHeaderProblem
{
    /// <summary>It comes from somebody whose header is not believed.</summary>
    public const string Stranger = "it is none of trustedProxies, whose connections alone are taken";

    /// <summary>Nothing came, or not all, within <see cref="PrefaceLimit.Default"/>.</summary>
    public const string Late = "it sent no PROXY header within 10 s";

    /// <summary>What came is no header.</summary>
    public static string Malformed(in ProxyReading reading) => $"its PROXY header is malformed: {reading.Problem}";
}
