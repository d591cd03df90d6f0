namespace LoadBalancer.Registry.Dns;

/// <summary>What to say to a query, before it is fitted into a packet.</summary>
/// <param name="Code">The response code.</param>
/// <param name="Answers">Each with the additional records that explain it and go when it goes.</param>
/// <param name="Authority">The SOA of an empty answer.</param>
internal sealed record DnsAnswer(DnsCode Code, IReadOnlyList<DnsAnswer.Entry> Answers, IReadOnlyList<DnsRecord> Authority)
{
    /// <summary>True when the name is the registry's to answer for.</summary>
    public bool Authoritative => Code is DnsCode.NoError or DnsCode.NameError;

    public static DnsAnswer Error(DnsCode code) => new(code, [], []);

    internal sealed record Entry(DnsRecord Record, params IReadOnlyList<DnsRecord> Additional);
}
