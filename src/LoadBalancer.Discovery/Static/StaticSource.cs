using System.Collections.Immutable;
using System.Threading.Channels;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.Static;

/// <summary>The endpoints written in lb.json: reported once, and again when the file changes.</summary>
public sealed class StaticSource : ISource
{
    // One place: of several changes that come while one is being reported, only the last counts.
    private readonly Channel<Change> _changes =
        Channel.CreateBounded<Change>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private volatile Change? _last;

    /// <summary>A source of these services; valid by <see cref="StaticServices.Validate"/>.</summary>
    public StaticSource(IReadOnlyDictionary<string, IReadOnlyList<StaticEndpointOptions>> services) => Update(services);

    /// <inheritdoc/>
    public string Name => "static";

    /// <summary>
    /// Takes the place of the services given before: what changed is observed so, and a service that is no longer
    /// written is observed without endpoints. Safe from any thread; returns before it is reported.
    /// </summary>
    public void Update(IReadOnlyDictionary<string, IReadOnlyList<StaticEndpointOptions>> services)
    {
        var change = new Change(services, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _last = change;
        _changes.Writer.TryWrite(change);
    }

    /// <summary>Completes when the services given last are reported, and never when the source does not run.</summary>
    public Task Reported => _last!.Reported.Task;

    /// <inheritdoc/>
    public async Task RunAsync(ISourceFeed feed, CancellationToken stop)
    {
        HashSet<string> reported = [];
        await foreach (var (services, done) in _changes.Reader.ReadAllAsync(stop))
        {
            foreach (var gone in reported.Where(service => !services.ContainsKey(service)))
            {
                feed.Observe(gone, new Observation.Seen([]));
            }
            foreach (var (service, endpoints) in services)
            {
                feed.Observe(service, new Observation.Seen(Observe(endpoints)));
            }
            reported = [.. services.Keys];
            feed.Complete();
            done.TrySetResult();
        }
    }

    private static ImmutableArray<ObservedEndpoint> Observe(IReadOnlyList<StaticEndpointOptions> endpoints) =>
        [.. endpoints.Select(endpoint => endpoint.ToObserved())];

    private sealed record Change(IReadOnlyDictionary<string, IReadOnlyList<StaticEndpointOptions>> Services, TaskCompletionSource Reported);
}
