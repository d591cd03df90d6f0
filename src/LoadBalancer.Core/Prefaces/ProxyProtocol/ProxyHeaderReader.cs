namespace LoadBalancer.Core.Prefaces.ProxyProtocol;

/// <summary>
/// Reads the PROXY header of either version at the start of a connection. Strict: what does not exactly match is malformed.
/// Called again with all bytes so far when more have come.
/// </summary>
/// <remarks><see href="https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt"/>, sections 2.1 and 2.2.</remarks>
public static class ProxyHeaderReader
{
    /// <summary>The longest header that is read, in bytes: the format allows 65551, but nobody needs them.</summary>
    public const int LongestHeader = 4096;

    /// <summary>Reads the header; of a malformed one nothing must be believed.</summary>
    /// <param name="received">All bytes of the connection so far; what follows the header is not looked at.</param>
    public static ProxyReading Read(ReadOnlySpan<byte> received) =>
        received.IsEmpty ? ProxyReading.Incomplete
        : received[0] == ProxyLine.Start[0] ? ProxyLine.Read(received)
        : ProxyBlock.Read(received);
}
