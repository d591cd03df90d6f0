namespace LoadBalancer.Registry.Dns;

/// <summary>Response codes (RFC 1035 section 4.1.1, RFC 6891 section 9).</summary>
internal enum DnsCode
{
    NoError = 0,
    FormatError = 1,
    NameError = 3,
    NotImplemented = 4,
    Refused = 5,
    BadVersion = 16,
}
