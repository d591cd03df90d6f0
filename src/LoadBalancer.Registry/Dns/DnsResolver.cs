using System.Net;
using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Registry.Checks;
using LoadBalancer.Registry.State;

namespace LoadBalancer.Registry.Dns;

/// <summary>
/// Finds the answer in the catalog: services with what is not critical, in random order; nodes; addresses written as
/// hexadecimal names. An empty name in between (the domain, <c>service</c>) has no records but exists (RFC 8020), where
/// Consul denies it.
/// </summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/docs/services/discovery/dns-static-lookups"/></remarks>
internal sealed class DnsResolver
{
    private const int MaximumAliases = 3;

    private readonly Catalog _catalog;
    private readonly DnsName _domain;
    private readonly string _datacenter;
    private readonly NodeRow _node;
    private readonly Jitter _jitter;
    private readonly TimeProvider _time;

    public DnsResolver(Catalog catalog, DnsName domain, string datacenter, NodeRow node, Jitter jitter, TimeProvider time)
    {
        _catalog = catalog;
        _domain = domain;
        _datacenter = datacenter;
        _node = node;
        _jitter = jitter;
        _time = time;
    }

    /// <summary>The answer to a query; it is complete, and fitted into a packet later.</summary>
    public DnsAnswer Resolve(DnsQuery query)
    {
        if (query.Type is DnsType.Axfr or DnsType.Ixfr)
        {
            return DnsAnswer.Error(DnsCode.NotImplemented);
        }
        if (query.EdnsVersion > 0)
        {
            return DnsAnswer.Error(DnsCode.BadVersion);
        }
        if (query.Class is not (DnsQuery.ClassIn or DnsQuery.ClassAny) || !query.Name.IsWithin(_domain))
        {
            return DnsAnswer.Error(DnsCode.Refused);
        }
        if (query.Name.Equals(_domain))
        {
            return Apex(query.Type);
        }
        var found = Find(query.Name, query.Type, MaximumAliases);
        return found is { Count: > 0 }
            ? new DnsAnswer(DnsCode.NoError, found, [])
            : new DnsAnswer(found is null ? DnsCode.NameError : DnsCode.NoError, [], [Authority()]);
    }

    /// <returns>Null when the name does not exist; empty when it has no record of that type.</returns>
    private List<DnsAnswer.Entry>? Find(DnsName name, DnsType type, int aliases)
    {
        string[] labels = [.. name.Labels.Take(name.Labels.Count - _domain.Labels.Count)];
        var kindAt = Array.FindLastIndex(labels, label => Is(label, "service") || Is(label, "node") || Is(label, "addr") || label.StartsWith('_'));
        if (kindAt < 0)
        {
            return labels.Length == 1 && Is(labels[0], _datacenter) ? [] : null;
        }
        // An RFC 2782 name may leave "service" out; its last label then belongs to the question.
        var kind = labels[kindAt];
        var asked = kind.StartsWith('_') ? labels[..(kindAt + 1)] : labels[..kindAt];
        var datacenter = labels[(kindAt + 1)..];
        if (datacenter.Length > 1 || (datacenter.Length == 1 && !Is(datacenter[0], _datacenter)))
        {
            return null;
        }
        if (asked.Length == 0)
        {
            return [];
        }
        return Is(kind, "node") ? FindNode(name, asked, type, aliases)
            : Is(kind, "addr") ? FindAddress(name, asked, type)
            : FindService(name, asked, type, aliases);
    }

    private List<DnsAnswer.Entry>? FindService(DnsName name, string[] asked, DnsType type, int aliases)
    {
        string service;
        string tag;
        if (asked is [['_', .. var rfcService], ['_', .. var rfcTag]])
        {
            (service, tag) = (rfcService, Is(rfcTag, "tcp") ? "" : rfcTag);
        }
        else
        {
            (service, tag) = (asked[^1], string.Join('.', asked[..^1]));
        }
        ServiceHealth[] instances = [.. _catalog.Service(service, tag.Length > 0 ? [tag] : []).Value.Where(instance => instance.Worst() != CheckStatus.Critical)];
        if (instances.Length == 0)
        {
            return null;
        }
        _jitter.Shuffle(instances);
        if (type == DnsType.Srv)
        {
            return [.. instances.Select(instance => Service(name, instance)).OfType<DnsAnswer.Entry>().DistinctBy(entry => entry.Record)];
        }
        return Hosts(name, instances.Select(HostOf), type, aliases);
    }

    private List<DnsAnswer.Entry>? FindNode(DnsName name, string[] asked, DnsType type, int aliases) =>
        _catalog.Node(string.Join('.', asked)).Value is { } found ? Hosts(name, [found.Node.Address], type, aliases) : null;

    private static List<DnsAnswer.Entry>? FindAddress(DnsName name, string[] asked, DnsType type)
    {
        if (asked.Length != 1 || asked[0].Length is not (8 or 32) || !asked[0].All(char.IsAsciiHexDigit))
        {
            return null;
        }
        var record = new DnsRecord.Address(name, new IPAddress(Convert.FromHexString(asked[0])));
        return type == DnsType.Any || type == record.Type ? [new DnsAnswer.Entry(record)] : [];
    }

    /// <summary>Address records for what are addresses; where none is, an alias for the first name.</summary>
    private List<DnsAnswer.Entry> Hosts(DnsName name, IEnumerable<string> hosts, DnsType type, int aliases)
    {
        List<DnsAnswer.Entry> found = [];
        DnsName? alias = null;
        var anyAddress = false;
        foreach (var host in hosts.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(host, out var address))
            {
                anyAddress = true;
                var record = new DnsRecord.Address(name, address);
                if (type == DnsType.Any || type == record.Type)
                {
                    found.Add(new DnsAnswer.Entry(record));
                }
            }
            else if (alias is null && DnsName.TryParse(host, out var target))
            {
                alias = target;
            }
        }
        // RFC 1034 section 3.6.2: a name with an alias has no other record.
        if (!anyAddress && alias is not null)
        {
            found.Add(new DnsAnswer.Entry(new DnsRecord.CName(name, alias)));
            if (aliases > 0 && type is DnsType.A or DnsType.Aaaa or DnsType.Any && alias.IsWithin(_domain))
            {
                found.AddRange(Find(alias, type, aliases - 1) ?? []);
            }
        }
        return found;
    }

    /// <summary>An SRV record (RFC 2782) with its target's address; null for an instance whose address has no form in DNS.</summary>
    private DnsAnswer.Entry? Service(DnsName name, ServiceHealth instance)
    {
        var host = HostOf(instance);
        var isAddress = IPAddress.TryParse(host, out var address);
        DnsName? target = null;
        if (isAddress)
        {
            target = (instance.Service.Address.Length == 0 ? Below([.. instance.Node.Name.Split('.'), "node"]) : null)
                ?? Below([Convert.ToHexStringLower(address!.GetAddressBytes()), "addr"]);
        }
        else if (!DnsName.TryParse(host, out target))
        {
            return null;
        }
        var weights = instance.Service.Weights;
        var weight = instance.Worst() == CheckStatus.Passing ? weights.Passing : weights.Warning;
        var record = new DnsRecord.Srv(name, 1, (ushort)weight, (ushort)instance.Service.Port, target!);
        DnsRecord[] additional = isAddress
            ? [new DnsRecord.Address(target!, address!)]
            : target!.IsWithin(_domain) ? [.. (Find(target, DnsType.Any, MaximumAliases) ?? []).Select(entry => entry.Record)] : [];
        return new DnsAnswer.Entry(record, additional);
    }

    private DnsAnswer Apex(DnsType type)
    {
        List<DnsAnswer.Entry> found = [];
        if (type is DnsType.Soa or DnsType.Any)
        {
            found.Add(new DnsAnswer.Entry(Authority()));
        }
        if (type is DnsType.NS or DnsType.Any && Below([.. _node.Name.Split('.'), "node"]) is { } server)
        {
            found.Add(new DnsAnswer.Entry(new DnsRecord.NS(_domain, server), new DnsRecord.Address(server, IPAddress.Parse(_node.Address))));
        }
        return new DnsAnswer(DnsCode.NoError, found, found.Count == 0 ? [Authority()] : []);
    }

    private DnsRecord.Soa Authority()
    {
        var serial = (uint)_time.GetUtcNow().ToUnixTimeSeconds();
        return new DnsRecord.Soa(_domain, DnsName.Of(["ns", .. _domain.Labels])!, DnsName.Of(["hostmaster", .. _domain.Labels])!, serial);
    }

    /// <summary>A name under the datacenter, or null where that is none.</summary>
    private DnsName? Below(string[] labels) => DnsName.Of([.. labels, _datacenter, .. _domain.Labels]);

    private static string HostOf(ServiceHealth instance) => instance.Service.Address.Length > 0 ? instance.Service.Address : instance.Node.Address;

    private static bool Is(string label, string word) => label.Equals(word, StringComparison.OrdinalIgnoreCase);
}
