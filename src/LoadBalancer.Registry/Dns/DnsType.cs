namespace LoadBalancer.Registry.Dns;

/// <summary>Record types by their number (RFC 1035, 2782, 3596, 6891).</summary>
internal enum DnsType : ushort
{
    A = 1,
    NS = 2,
    CName = 5,
    Soa = 6,
    Aaaa = 28,
    Srv = 33,
    Opt = 41,
    Ixfr = 251,
    Axfr = 252,
    Any = 255,
}
