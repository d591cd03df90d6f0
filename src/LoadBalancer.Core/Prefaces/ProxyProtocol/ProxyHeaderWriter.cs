namespace LoadBalancer.Core.Prefaces.ProxyProtocol;

/// <summary>Writes the PROXY header with which a connection to an endpoint begins.</summary>
public static class ProxyHeaderWriter
{
    /// <summary>Room for every header that is written.</summary>
    public const int LongestHeader = ProxyLine.LongestLine;

    /// <summary>
    /// Writes the header. Addresses of both families are written in IPv6 form. One without addresses says in version 1 that
    /// they are unknown, which also is all that there is for a connection of the balancer's own.
    /// </summary>
    /// <param name="to">At least <see cref="LongestHeader"/> bytes.</param>
    /// <param name="version">The form; not <see cref="ProxyProtocolVersion.Off"/>.</param>
    /// <param name="header">What is said.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write(Span<byte> to, ProxyProtocolVersion version, in ProxyHeader header) => version switch
    {
        ProxyProtocolVersion.V1 => ProxyLine.Write(to, header),
        ProxyProtocolVersion.V2 => ProxyBlock.Write(to, header),
        _ => throw new ArgumentOutOfRangeException(nameof(version), version, null),
    };
}
