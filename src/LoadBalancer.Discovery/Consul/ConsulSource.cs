using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Consul.Watching;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Consul;

/// <summary>
/// Observes the services of Consul by blocking queries: every change reaches the feed as soon as Consul tells it, an
/// error keeps what is known, and the connections to the agent never exceed <see cref="ConsulOptions.MaxConnections"/>.
/// </summary>
/// <param name="client">Stays the caller's to dispose, after <see cref="RunAsync"/> has ended.</param>
/// <param name="options">The same as the client's.</param>
/// <param name="time">The clock of waits and back-offs.</param>
/// <param name="seed">Of the jitter.</param>
/// <param name="logger">Where it says what it does.</param>
public sealed partial class ConsulSource(ConsulClient client, ConsulOptions options, TimeProvider time, int seed, ILogger<ConsulSource> logger) : ISource
{
    private const int FetchesAtOnce = 12;

    /// <inheritdoc/>
    public string Name => "consul";

    /// <summary>
    /// Fallbacks of services, "api" or "api@dc2": watched whatever <see cref="ConsulOptions.Services"/> and
    /// <see cref="ConsulOptions.Datacenters"/> say.
    /// </summary>
    public IReadOnlyList<string> Fallbacks { get; init; } = [];

    /// <summary>How often demand decides anew who gets a watch of its own.</summary>
    internal TimeSpan RebalanceEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public async Task RunAsync(ISourceFeed feed, CancellationToken stop)
    {
        // The agent's own (or the configured) datacenter keeps plain names.
        var fallbacks = Fallbacks.ToLookup(DatacenterOf, NameOf);
        (string? Datacenter, string Suffix)[] datacenters =
        [
            (options.Datacenter, ""),
            .. options.Datacenters.Concat(FallbackDatacenters(Fallbacks, options.Datacenters)).Select(static name => ((string?)name, "@" + name)),
        ];
        // Each datacenter has a watch on its list and one on its checks.
        var budget = new WatchBudget(options.MaxConnections - ConsulClient.RequestConnections - (2 * datacenters.Length));
        using var fetches = new FetchGate(FetchesAtOnce);
        var scope = new WatchScope
        {
            Client = client,
            Options = options,
            Feed = feed,
            Budget = budget,
            Fetches = fetches,
            Jitter = new(seed),
            Time = time,
            Logger = logger,
        };
        var completion = new Completion(datacenters.Length, feed.Complete);
        var watches = datacenters.Select((datacenter, i) =>
        {
            string[] named = [.. fallbacks[i == 0 ? "" : datacenter.Datacenter!]];
            var isOnlyForFallbacks = i > options.Datacenters.Count;
            return new DatacenterWatch(
                scope with
                {
                    Datacenter = datacenter.Datacenter,
                    Suffix = datacenter.Suffix,
                    Feed = isOnlyForFallbacks ? new FallbackFeed(feed, [.. named.Select(name => name + datacenter.Suffix)], () => completion.Done(i)) : feed,
                },
                new ServiceFilter(options, isOnlyForFallbacks ? named : options.Services.Count == 0 ? [] : [.. options.Services, .. named]),
                () => completion.Done(i)).RunAsync(stop);
        });
        LogStarted(client.Agent.Text, datacenters.Length, options.MaxConnections);
        await Task.WhenAll([.. watches, RebalanceAsync(budget, feed, stop)]);
    }

    /// <summary>The datacenters of fallbacks ("api@dc2") that are not watched already.</summary>
    public static IEnumerable<string> FallbackDatacenters(IEnumerable<string> fallbacks, IEnumerable<string> watched) =>
        fallbacks.Select(DatacenterOf).Where(static name => name.Length > 0).Except(watched);

    private static string NameOf(string service) => service.Split('@')[0];

    /// <summary>"dc2" of "api@dc2", else "". Consul writes them in lower case.</summary>
    private static string DatacenterOf(string service) => service.IndexOf('@', StringComparison.Ordinal) is var at and >= 0 ? service[(at + 1)..].ToLowerInvariant() : "";

    private async Task RebalanceAsync(WatchBudget budget, ISourceFeed feed, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(RebalanceEvery, time, stop);
                if (budget.IsShort)
                {
                    budget.Rebalance(feed.DemandFor);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The source stops.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Watching Consul at {Agent}: {Datacenters} datacenter(s), at most {Connections} connections")]
    private partial void LogStarted(string agent, int datacenters, int connections);

    /// <summary>Completes the feed when every datacenter has been observed, and again after each later time.</summary>
    private sealed class Completion(int parts, Action complete)
    {
        private readonly Lock _lock = new();
        private readonly HashSet<int> _done = [];

        public void Done(int part)
        {
            lock (_lock)
            {
                _done.Add(part);
                if (_done.Count < parts)
                {
                    return;
                }
            }
            complete();
        }
    }
}
