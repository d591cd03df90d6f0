using System.Collections.Immutable;
using System.Net;
using DnsClient.Protocol;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.Dns;

/// <summary>Makes endpoints of SRV records and the addresses of their targets.</summary>
internal static class SrvEndpoints
{
    /// <summary>
    /// One endpoint for each address and port, in a stable order: by priority, address and port. A target without an
    /// address, port 0 and the target "." (RFC 2782: "the service is decidedly not available") give none.
    /// </summary>
    public static ImmutableArray<ObservedEndpoint> Build(IEnumerable<SrvRecord> records, IReadOnlyDictionary<string, TargetResult> targets, string query)
    {
        var endpoints = new Dictionary<EndpointId, (byte[] Key, ObservedEndpoint Endpoint)>();
        foreach (var group in Usable(records, targets).GroupBy(usable => usable.Record.Priority).OrderBy(group => group.Key))
        {
            var usable = group.ToList();
            var weights = SrvWeights.Share([.. usable.Select(one => ((int)one.Record.Weight, one.Addresses.Length))]);
            foreach (var ((record, addresses), weight) in usable.Zip(weights))
            {
                foreach (var address in addresses)
                {
                    Add(endpoints, address, record, weight, query);
                }
            }
        }
        return
        [
            .. endpoints.Values
                .OrderBy(entry => entry.Endpoint.Priority)
                .ThenBy(entry => entry.Key.Length)
                .ThenBy(entry => Convert.ToHexString(entry.Key), StringComparer.Ordinal)
                .ThenBy(entry => entry.Endpoint.Port)
                .Select(entry => entry.Endpoint),
        ];
    }

    /// <summary>False for the target ".".</summary>
    public static bool HasTarget(SrvRecord record) => record.Target.Value is not ("." or "");

    private static IEnumerable<(SrvRecord Record, ImmutableArray<IPAddress> Addresses)> Usable(IEnumerable<SrvRecord> records, IReadOnlyDictionary<string, TargetResult> targets)
    {
        foreach (var record in records.Where(record => HasTarget(record) && record.Port > 0))
        {
            if (targets[record.Target.Value].Known is { } known)
            {
                yield return (record, known.Addresses);
            }
        }
    }

    // Two targets may lead to one address: its weights add up, and the lower priority, which came first, wins.
    private static void Add(Dictionary<EndpointId, (byte[] Key, ObservedEndpoint Endpoint)> endpoints, IPAddress address, SrvRecord record, int weight, string query)
    {
        var host = address.ToString();
        var id = EndpointId.OfAddress(host, record.Port);
        if (endpoints.TryGetValue(id, out var same))
        {
            if (same.Endpoint.Priority != record.Priority)
            {
                return;
            }
            weight += same.Endpoint.Weight;
        }
        endpoints[id] = (address.GetAddressBytes(), new ObservedEndpoint
        {
            Id = id,
            Host = host,
            Port = record.Port,
            Weight = weight,
            WarningWeight = weight,
            Priority = record.Priority,
            Datacenter = ConsulTarget.DatacenterOf(record.Target.Value, query),
        });
    }
}
