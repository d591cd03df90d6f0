namespace LoadBalancer.Core.Prefaces.Tls;

/// <summary>Tells a TLS client why its connection is closed, by a fatal alert (RFC 8446 section 6.2), which is not encrypted yet.</summary>
public static class TlsAlert
{
    // Alert records of TLS 1.2, which clients of every version read; level fatal.
    private static readonly byte[] s_unrecognizedName = [21, 3, 3, 0, 2, 2, 112];
    private static readonly byte[] s_missingExtension = [21, 3, 3, 0, 2, 2, 109];

    /// <summary>The record for a client whose connection leads nowhere.</summary>
    /// <param name="serverName">The name that it asked for: nobody here has it (RFC 6066 section 3). Empty for none, and one is needed.</param>
    public static ReadOnlyMemory<byte> For(string serverName) => string.IsNullOrEmpty(serverName) ? s_missingExtension : s_unrecognizedName;
}
