namespace LoadBalancer.Registry.Dns;

/// <summary>A well-formed standard query with its one question.</summary>
/// <param name="Id">To be given back.</param>
/// <param name="RecursionDesired">To be given back.</param>
/// <param name="Name">The name asked for, in the asker's case.</param>
/// <param name="Type">The type asked for.</param>
/// <param name="Class">1 for IN, 255 for any.</param>
/// <param name="EdnsSize">The asker's UDP payload size, or null without EDNS.</param>
/// <param name="EdnsVersion">0 is the only version there is.</param>
internal sealed record DnsQuery(ushort Id, bool RecursionDesired, DnsName Name, DnsType Type, ushort Class, ushort? EdnsSize, byte EdnsVersion)
{
    public const ushort ClassIn = 1;
    public const ushort ClassAny = 255;
}
