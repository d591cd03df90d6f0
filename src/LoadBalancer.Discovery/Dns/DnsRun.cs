using LoadBalancer.Core.Model;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Dns;

/// <summary>The watches of a running <see cref="DnsSource"/>. Used by one caller at a time.</summary>
internal sealed class DnsRun(ISourceFeed feed, TimeProvider time, Random seeds, ILogger logger) : IAsyncDisposable
{
    private readonly DnsProgress _progress = new(feed);
    private readonly Dictionary<DnsName, Running> _running = [];
    private DnsOptions? _options;
    private DnsResolver? _resolver;
    private volatile int _services;

    /// <summary>Starts and ends watches until they are those of <paramref name="options"/>.</summary>
    public async Task ApplyAsync(DnsOptions options)
    {
        HashSet<DnsName> wanted = [.. options.Services.Select(service => service.Resolve(options.Domain))];
        HashSet<string> before = [.. _running.Keys.Select(name => name.Service)];
        HashSet<string> services = [.. wanted.Select(name => name.Service)];
        var sameServers = _options is not null && AskAlike(_options, options);
        await StopAsync(sameServers ? _running.Keys.Except(wanted) : _running.Keys);

        // The watch of a service has ended before the service is observed as gone, so nothing brings it back.
        foreach (var gone in before.Except(services))
        {
            feed.Observe(gone, new Observation.Seen([]));
        }
        if (!sameServers)
        {
            _resolver?.Dispose();
        }
        var resolver = sameServers ? _resolver! : new DnsResolver(options, time, logger);
        (_options, _resolver, _services) = (options, resolver, services.Count);
        _progress.Expect(services);
        foreach (var name in wanted.Where(name => !_running.ContainsKey(name)))
        {
            var watch = new DnsServiceWatch(name, resolver, options, () => _services, _progress, feed, time, seeds.Next(), logger);
            var stop = new CancellationTokenSource();
            _running[name] = new Running(stop, watch.RunAsync(stop.Token));
        }
    }

    /// <summary>Ends all watches.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(_running.Keys);
        _resolver?.Dispose();
    }

    private async Task StopAsync(IEnumerable<DnsName> names)
    {
        var stopping = names.Select(name => (Name: name, Watch: _running[name])).ToList();
        foreach (var (name, watch) in stopping)
        {
            _running.Remove(name);
            await watch.Stop.CancelAsync();
        }
        foreach (var (_, watch) in stopping)
        {
            await watch.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            watch.Stop.Dispose();
        }
    }

    private static bool AskAlike(DnsOptions a, DnsOptions b) =>
        a.Servers.SequenceEqual(b.Servers) && a == b with { Servers = a.Servers, Services = a.Services };

    private sealed record Running(CancellationTokenSource Stop, Task Task);
}
