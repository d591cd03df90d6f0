using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace LoadBalancer.Discovery.Dns;

/// <summary>The records of one answer by owner, with aliases followed.</summary>
internal sealed class DnsRecords
{
    private const int LongestChain = 16;

    private readonly Dictionary<string, string> _aliases = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, List<DnsResourceRecord>> _records = new(StringComparer.OrdinalIgnoreCase);
    private readonly TimeSpan _negativeTtl;

    public DnsRecords(IDnsQueryResponse message)
    {
        foreach (var record in message.Answers.Concat(message.Additionals))
        {
            if (record is CNameRecord alias)
            {
                _aliases[record.DomainName.Value] = alias.CanonicalName.Value;
            }
            else if (record is SrvRecord or AddressRecord)
            {
                if (!_records.TryGetValue(record.DomainName.Value, out var owned))
                {
                    _records[record.DomainName.Value] = owned = [];
                }
                owned.Add(record);
            }
        }
        _negativeTtl = message.Authorities.OfType<SoaRecord>()
            .Select(soa => TimeSpan.FromSeconds(Math.Min(soa.Minimum, (uint)Math.Max(0, soa.InitialTimeToLive))))
            .DefaultIfEmpty(TimeSpan.Zero).Min();
    }

    /// <summary>The SRV records of <paramref name="name"/> and how long they, or their absence (RFC 2308), are good for.</summary>
    public (ImmutableArray<SrvRecord> Records, TimeSpan Ttl) Srv(string name)
    {
        ImmutableArray<SrvRecord> records = [.. Of<SrvRecord>(name)];
        return (records, records.IsEmpty ? _negativeTtl : Ttl(records));
    }

    /// <summary>The addresses of <paramref name="name"/>, of one family where it has both; empty when there is none.</summary>
    public (ImmutableArray<IPAddress> Addresses, TimeSpan Ttl) Addresses(string name, bool preferIPv6)
    {
        var records = Of<AddressRecord>(name).ToList();
        var preferred = preferIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        if (records.Any(record => record.Address.AddressFamily == preferred))
        {
            records.RemoveAll(record => record.Address.AddressFamily != preferred);
        }
        return ([.. records.Select(record => record.Address).Distinct()], records.Count == 0 ? _negativeTtl : Ttl(records));
    }

    private IEnumerable<T> Of<T>(string name)
        where T : DnsResourceRecord
    {
        for (var i = 0; i < LongestChain && _aliases.TryGetValue(name, out var canonical); i++)
        {
            name = canonical;
        }
        return _records.TryGetValue(name, out var owned) ? owned.OfType<T>() : [];
    }

    // A TTL with the highest bit set counts as 0 (RFC 2181 section 8).
    private static TimeSpan Ttl(IEnumerable<DnsResourceRecord> records) => TimeSpan.FromSeconds(Math.Max(0, records.Min(record => record.InitialTimeToLive)));
}
