namespace LoadBalancer.Comparison.Measure;

/// <summary>What one fresh proxy takes for idle connections.</summary>
/// <param name="Connections">How many were open.</param>
/// <param name="Before">Resident bytes of the proxy before.</param>
/// <param name="After">Resident bytes of the proxy with all of them open.</param>
public sealed record IdleSample(int Connections, long Before, long After)
{
    /// <summary>Bytes that the resident set grew by for each.</summary>
    public double PerConnection => (double)(After - Before) / Connections;
}
