namespace LoadBalancer.Discovery.Dns;

/// <summary>A question without an answer. NXDOMAIN and an answer without records are answers, not this.</summary>
internal sealed class DnsLookupException(DnsFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public DnsFailure Failure { get; } = failure;
}
