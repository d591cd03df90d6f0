namespace LoadBalancer.Discovery.Dns;

/// <summary>Why a question has no answer; the order is from best to worst knowledge of the server.</summary>
internal enum DnsFailure
{
    /// <summary>The server answered with an error (SERVFAIL, REFUSED, a referral): it lives, the name is the matter.</summary>
    Error,

    /// <summary>Nothing came in time, or something that is no DNS message: the name or the server may be the matter.</summary>
    Silent,

    /// <summary>No connection: the server is the matter, not the name.</summary>
    Unreachable,
}
