using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsClient;
using LoadBalancer.Core.Model;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Dns;

/// <summary>The servers of <see cref="DnsOptions.Servers"/>, or the system's; names among them are looked up again when nobody answers.</summary>
internal sealed partial class DnsServerList(DnsOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile Found? _current;

    /// <summary>In the order to ask them.</summary>
    /// <exception cref="DnsLookupException">There is none.</exception>
    public async ValueTask<ImmutableArray<DnsServer>> GetAsync(CancellationToken stop)
    {
        var servers = (_current ?? await FindAsync(null, stop)).Servers;
        return servers.Length == 1 ? servers : [.. servers.OrderBy(server => server.Avoid())];
    }

    /// <summary>Nobody answered: addresses behind names, and the system's resolvers, may have changed.</summary>
    public async Task LookAgainAsync(CancellationToken stop)
    {
        if (_current is { } current && time.GetUtcNow() - current.At >= s_lookAgain)
        {
            await FindAsync(current, stop);
        }
    }

    public void Dispose() => _gate.Dispose();

    // The first of several callers that hold the same outdated list looks, the others take what it found.
    private async Task<Found> FindAsync(Found? outdated, CancellationToken stop)
    {
        await _gate.WaitAsync(stop);
        try
        {
            if (_current is { } current && current != outdated)
            {
                return current;
            }
            // A server that stays keeps what is known of it.
            var known = outdated?.Servers ?? [];
            ImmutableArray<DnsServer> found =
            [
                .. (await AddressesAsync(stop)).Distinct().Select(address =>
                    known.FirstOrDefault(server => server.Address.Equals(address)) ?? new DnsServer(address, options, time, logger)),
            ];
            if (found.IsEmpty && known.IsEmpty)
            {
                throw new DnsLookupException(DnsFailure.Unreachable, options.Servers.Count == 0
                    ? "the system names no DNS server: set discovery.dns.servers"
                    : $"no address is known of the DNS servers {string.Join(", ", options.Servers)}");
            }
            return _current = new Found(found.IsEmpty ? known : found, time.GetUtcNow());
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<List<IPEndPoint>> AddressesAsync(CancellationToken stop)
    {
        if (options.Servers.Count == 0)
        {
            return [.. NameServer.ResolveNameServers(skipIPv6SiteLocal: true, fallbackToGooglePublicDns: false)
                .Select(server => new IPEndPoint(IPAddress.Parse(server.Address), server.Port))];
        }
        var found = new List<IPEndPoint>();
        foreach (var server in options.Servers)
        {
            if (!Authority.TryParse(server, 53, out var host, out var port, out var error))
            {
                throw new FormatException(error);
            }
            try
            {
                found.AddRange((await System.Net.Dns.GetHostAddressesAsync(host, stop)).Select(address => new IPEndPoint(address, port)));
            }
            catch (SocketException e)
            {
                Log.NoAddress(logger, server, e.Message);
            }
        }
        return found;
    }

    private sealed record Found(ImmutableArray<DnsServer> Servers, DateTimeOffset At);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "DNS server {Server} has no known address: {Error}")]
        public static partial void NoAddress(ILogger logger, string server, string error);
    }
}
