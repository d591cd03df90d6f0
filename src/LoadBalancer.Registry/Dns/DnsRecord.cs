using System.Net;

namespace LoadBalancer.Registry.Dns;

/// <summary>A resource record of class IN.</summary>
internal abstract record DnsRecord(DnsName Name, DnsType Type)
{
    /// <summary>A or AAAA, as the address is.</summary>
    internal sealed record Address(DnsName Name, IPAddress Value)
        : DnsRecord(Name, Value.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? DnsType.Aaaa : DnsType.A);

    internal sealed record CName(DnsName Name, DnsName Target) : DnsRecord(Name, DnsType.CName);

    internal sealed record NS(DnsName Name, DnsName Target) : DnsRecord(Name, DnsType.NS);

    internal sealed record Srv(DnsName Name, ushort Priority, ushort Weight, ushort Port, DnsName Target) : DnsRecord(Name, DnsType.Srv);

    internal sealed record Soa(DnsName Name, DnsName Primary, DnsName Mailbox, uint Serial) : DnsRecord(Name, DnsType.Soa);
}
