using System.Collections.Immutable;
using System.Net;
using DnsClient;

namespace LoadBalancer.Discovery.Dns;

/// <summary>
/// The addresses of one service's SRV targets: from the answer itself, from the target's name, or asked for. Remembers
/// them for their TTL, and beyond it while they cannot be asked for. Used by one caller at a time.
/// </summary>
internal sealed class TargetAddresses(DnsResolver resolver, DnsOptions options, TimeProvider time)
{
    private Dictionary<string, Known> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Finds the addresses of <paramref name="targets"/>; forgets all others.</summary>
    /// <param name="targets">Host names with a final dot.</param>
    /// <param name="query">The SRV name that led to them.</param>
    /// <param name="answer">The records that came with them.</param>
    /// <param name="retrying">The service's last question failed.</param>
    /// <param name="stop">Ends the wait.</param>
    public async Task<Dictionary<string, TargetResult>> FindAsync(
        IEnumerable<string> targets, string query, DnsRecords answer, bool retrying, CancellationToken stop)
    {
        var found = await Task.WhenAll(targets.Distinct(StringComparer.OrdinalIgnoreCase).Select(async target => (target, Result: await FindAsync(target, query, answer, retrying, stop))));
        _known = found.Where(pair => pair.Result.Known is not null)
            .ToDictionary(pair => pair.target, pair => pair.Result.Known!, StringComparer.OrdinalIgnoreCase);
        return found.ToDictionary(pair => pair.target, pair => pair.Result, StringComparer.OrdinalIgnoreCase);
    }

    private async Task<TargetResult> FindAsync(string target, string query, DnsRecords answer, bool retrying, CancellationToken stop)
    {
        var (addresses, ttl) = answer.Addresses(target, options.PreferIPv6);
        if (!addresses.IsEmpty)
        {
            return new TargetResult(new Known(addresses, time.GetUtcNow() + ttl), null, ttl);
        }
        if (ConsulTarget.TryDecode(target, query, out var decoded))
        {
            return new TargetResult(new Known([decoded], DateTimeOffset.MaxValue), null, TimeSpan.MaxValue);
        }
        var last = _known.GetValueOrDefault(target);
        if (last is not null && last.Until > time.GetUtcNow())
        {
            return new TargetResult(last, null, last.Until - time.GetUtcNow());
        }
        try
        {
            (addresses, ttl) = await AskAsync(target, retrying, stop);
            return new TargetResult(addresses.IsEmpty ? null : new Known(addresses, time.GetUtcNow() + ttl), null, ttl);
        }
        catch (DnsLookupException e)
        {
            return new TargetResult(last, e, TimeSpan.Zero);
        }
    }

    // The other family is asked for only where the preferred one is missing: a question saved for nearly every target.
    // Also after NXDOMAIN, which some servers answer for a name that has addresses of the other family alone.
    private async Task<(ImmutableArray<IPAddress> Addresses, TimeSpan Ttl)> AskAsync(string target, bool retrying, CancellationToken stop)
    {
        QueryType[] types = options.PreferIPv6 ? [QueryType.AAAA, QueryType.A] : [QueryType.A, QueryType.AAAA];
        var shortest = TimeSpan.MaxValue;
        foreach (var type in types)
        {
            var reply = await resolver.AskAsync(target, type, retrying, stop);
            var (addresses, ttl) = new DnsRecords(reply.Message).Addresses(target, options.PreferIPv6);
            shortest = ttl < shortest ? ttl : shortest;
            if (!addresses.IsEmpty)
            {
                return (addresses, ttl);
            }
        }
        return ([], shortest);
    }

    /// <summary>Addresses and until when they need not be asked for again.</summary>
    internal sealed record Known(ImmutableArray<IPAddress> Addresses, DateTimeOffset Until);
}
