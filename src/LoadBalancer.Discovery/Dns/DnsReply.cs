using DnsClient;

namespace LoadBalancer.Discovery.Dns;

/// <summary>An answer that was checked to be one: to this question, whole, NOERROR or NXDOMAIN.</summary>
/// <param name="Message">The records.</param>
/// <param name="Doubt">Why it may lack records, or null.</param>
internal sealed record DnsReply(IDnsQueryResponse Message, string? Doubt);
