using System.Threading.Channels;
using LoadBalancer.Core.Model;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Dns;

/// <summary>
/// Follows services by their DNS SRV records (RFC 2782), each on its own: by the TTL of its answers within
/// <see cref="DnsOptions.MinRefresh"/> and <see cref="DnsOptions.MaxRefresh"/>. NXDOMAIN and an answer without SRV
/// records mean no endpoints; everything else that is no answer is an error. Works with any server; for Consul's DNS
/// see the "DNS Interface" page of its documentation.
/// </summary>
public sealed class DnsSource : ISource
{
    private readonly TimeProvider _time;
    private readonly ILogger<DnsSource> _logger;
    private readonly Random _seeds;

    // One place: of several changes that come while one is being applied, only the last counts.
    private readonly Channel<DnsOptions> _changes =
        Channel.CreateBounded<DnsOptions>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>A source by these options, which are valid. <paramref name="seed"/> feeds the jitter.</summary>
    public DnsSource(DnsOptions options, TimeProvider time, int seed, ILogger<DnsSource> logger)
    {
        _time = time;
        _seeds = new Random(seed);
        _logger = logger;
        Update(options);
    }

    /// <inheritdoc/>
    public string Name => "dns";

    /// <summary>
    /// Takes the place of the options given before. A service that stays is followed on; one that is no longer listed
    /// is observed without endpoints. Safe from any thread; returns before it is applied.
    /// </summary>
    public void Update(DnsOptions options) => _changes.Writer.TryWrite(options);

    /// <inheritdoc/>
    public async Task RunAsync(ISourceFeed feed, CancellationToken stop)
    {
        await using var run = new DnsRun(feed, _time, _seeds, _logger);
        await foreach (var options in _changes.Reader.ReadAllAsync(stop))
        {
            await run.ApplyAsync(options);
        }
    }
}
