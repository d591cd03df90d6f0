using DnsClient;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Dns;

/// <summary>Asks the servers in turn until one answers.</summary>
internal sealed class DnsResolver(DnsOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly DnsServerList _servers = new(options, time, logger);

    // Few questions at a time, because each takes a TCP connection, of which dnsmasq serves 20 and unbound 10 from all
    // its clients. A name that hangs must not delay the others for that: what takes long gives its place to the next,
    // and what failed before waits in a lane of its own.
    private static readonly TimeSpan s_long = TimeSpan.FromMilliseconds(250);
    private readonly SemaphoreSlim _lane = new(8);
    private readonly SemaphoreSlim _retryLane = new(4);

    /// <summary>The answer to one question.</summary>
    /// <param name="name">A full name.</param>
    /// <param name="type">The record type.</param>
    /// <param name="retrying">The service's last question failed.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="DnsLookupException">No server has a usable answer; the best known failure.</exception>
    public async Task<DnsReply> AskAsync(string name, QueryType type, bool retrying, CancellationToken stop)
    {
        var lane = retrying ? _retryLane : _lane;
        await lane.WaitAsync(stop);
        Task<DnsReply> asking;
        try
        {
            asking = AskInTurnAsync(name, type, stop);
            await ((Task)asking.WaitAsync(retrying ? Timeout.InfiniteTimeSpan : s_long, time, stop)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            lane.Release();
        }
        return await asking;
    }

    /// <summary>Nobody may be asking.</summary>
    public void Dispose()
    {
        _lane.Dispose();
        _retryLane.Dispose();
        _servers.Dispose();
    }

    private async Task<DnsReply> AskInTurnAsync(string name, QueryType type, CancellationToken stop)
    {
        DnsLookupException? best = null;
        // An error that a server answered is not asked for again in the same breath; silence may be a lost packet or a
        // connection of before the server's restart.
        for (var attempt = 0; attempt < options.Tries && best?.Failure != DnsFailure.Error; attempt++)
        {
            foreach (var server in await _servers.GetAsync(stop))
            {
                try
                {
                    return await server.AskAsync(name, type, stop);
                }
                catch (DnsLookupException e)
                {
                    best = best is null || e.Failure <= best.Failure ? e : best;
                }
            }
        }
        if (best!.Failure != DnsFailure.Error)
        {
            await _servers.LookAgainAsync(stop);
        }
        throw best;
    }
}
