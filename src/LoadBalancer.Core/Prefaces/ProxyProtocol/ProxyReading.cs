namespace LoadBalancer.Core.Prefaces.ProxyProtocol;

/// <summary>What has been made of the first bytes of a connection that begins with a PROXY header.</summary>
public readonly record struct ProxyReading
{
    /// <summary>More bytes are needed.</summary>
    public static ProxyReading Incomplete => default;

    /// <summary>How far it is.</summary>
    public PrefaceStatus Status { get; private init; }

    /// <summary>What it says, when complete.</summary>
    public ProxyHeader Header { get; private init; }

    /// <summary>The bytes that it takes, when complete: what follows is the connection's own.</summary>
    public int Length { get; private init; }

    /// <summary>What is wrong, when malformed.</summary>
    public string? Problem { get; private init; }

    internal static ProxyReading Complete(ProxyHeader header, int length) => new() { Status = PrefaceStatus.Complete, Header = header, Length = length };

    internal static ProxyReading Malformed(string problem) => new() { Status = PrefaceStatus.Malformed, Problem = problem };
}
