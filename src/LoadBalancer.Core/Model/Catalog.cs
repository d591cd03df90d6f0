using System.Collections.Concurrent;
using System.Collections.Immutable;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Orders;

namespace LoadBalancer.Core.Model;

/// <summary>
/// Every service that any source ever named. Finding one is a lock-free look-up whose cost does not depend on their
/// number; adding one touches no other.
/// </summary>
public sealed class Catalog : IDisposable
{
    /// <summary>Probes under way at once: a mass disappearance of ten thousand endpoints must not cost as many sockets.</summary>
    private const int MaxProbes = 64;

    private static readonly TimeSpan s_round = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Service> _services = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Service>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly ConcurrentDictionary<string, SourceFeed> _feeds = new();
    private readonly CatalogContext _context;
    private readonly IEndpointProbe _probe;
    private readonly ITimer _timer;
    private readonly SemaphoreSlim _probes = new(MaxProbes);
    private bool _isProbing;

    /// <summary>A catalog without services.</summary>
    /// <param name="options">Order of the sources, policies, times.</param>
    /// <param name="observer">Told of every change.</param>
    /// <param name="probe">Asks held endpoints whether they still answer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="seed">Seed of every random choice that the pickers make.</param>
    public Catalog(CatalogOptions options, ICatalogObserver observer, IEndpointProbe probe, TimeProvider time, ulong seed)
    {
        _bySpan = _services.GetAlternateLookup<ReadOnlySpan<char>>();
        _context = new CatalogContext(options, observer, time, new RandomSource(seed));
        _probe = probe;
        foreach (var name in options.Kept)
        {
            GetOrAdd(name);
        }
        _timer = time.CreateTimer(static catalog => _ = ((Catalog)catalog!).RunRoundAsync(), this, s_round, s_round);
    }

    /// <summary>All services, in no order.</summary>
    public IEnumerable<Service> Services => _services.Select(static pair => pair.Value);

    /// <summary>How many services are known.</summary>
    public int Count => _services.Count;

    /// <summary>True when every source has completed its first observation or the state file has taken its place.</summary>
    public bool IsReady => _feeds.All(static pair => pair.Value.IsReady);

    /// <summary>The sources with whether they are ready and their error, if any.</summary>
    public IEnumerable<(string Source, bool IsReady, string? Error)> Sources =>
        _feeds.Values.Select(static feed => (feed.Source, feed.IsReady, feed.Error));

    /// <summary>What is wrong with a source as a whole, or null.</summary>
    public string? ErrorOf(string source) => _feeds.TryGetValue(source, out var feed) ? feed.Error : null;

    /// <summary>The service of this name without regard to case, or null.</summary>
    public Service? Find(ReadOnlySpan<char> name) => _bySpan.TryGetValue(name, out var service) ? service : null;

    /// <summary>
    /// Opens a source's way in. A source that was open before is started anew (it must have stopped): what it said stays in
    /// force until it has completed again.
    /// </summary>
    /// <param name="source">"consul", "dns" or "static".</param>
    /// <param name="saved">What the state file kept of this source.</param>
    public ISourceFeed Open(string source, IEnumerable<(string Service, ImmutableArray<ObservedEndpoint> Endpoints)> saved)
    {
        if (_feeds.TryGetValue(source, out var feed))
        {
            feed.Restart();
            return feed;
        }
        return _feeds[source] = new SourceFeed(source, this, _context, saved);
    }

    /// <summary>The source is no longer configured: its endpoints leave. It must have stopped.</summary>
    public void Close(string source)
    {
        if (_feeds.TryRemove(source, out var feed))
        {
            feed.Close();
        }
    }

    /// <summary>Lets the state file take the place of every source that has not completed yet.</summary>
    public void RestoreSilentSources()
    {
        foreach (var feed in _feeds.Values.Where(static feed => !feed.IsReady))
        {
            feed.RestoreAll();
        }
    }

    /// <summary>Replaces the options; every service gets a snapshot with its new policy.</summary>
    public void Reconfigure(CatalogOptions options)
    {
        _context.Options = options;
        foreach (var service in Services)
        {
            service.Writer.Reconfigure();
        }
        foreach (var name in options.Kept)
        {
            // One that was forgotten just before makes room for a new one.
            for (var service = GetOrAdd(name); !service.Writer.Reconfigure(); service = GetOrAdd(name))
            {
                Remove(service);
            }
        }
    }

    /// <summary>The last good endpoints by source and service, for the state file.</summary>
    public IEnumerable<(string Source, string Service, ImmutableArray<ObservedEndpoint> Endpoints)> Capture() =>
        Services.SelectMany(static service => service.Writer.Capture().Select(input => (input.Source, service.Name, input.Endpoints)));

    /// <summary>
    /// Gives the operator's order to endpoints of a service, whether it and they are known or not, in the place of what was
    /// ordered before. It stays until another comes, and as long as there is one, the service is not forgotten.
    /// </summary>
    public void Order(string service, IReadOnlyCollection<EndpointId> endpoints, OperatorOrder order)
    {
        for (var known = GetOrAdd(service); !known.Writer.Order(endpoints, order); known = GetOrAdd(service))
        {
            // Forgotten in between.
            Remove(known);
        }
    }

    /// <summary>Every order in force, for the state file.</summary>
    public IEnumerable<(string Service, EndpointId Endpoint, OperatorOrder Order)> CaptureOrders() =>
        Services.SelectMany(static service => service.Snapshot.Orders.Select(pair => (service.Name, pair.Key, pair.Value)));

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        foreach (var service in Services)
        {
            service.Writer.StopChecks();
        }
    }

    /// <summary>A seed for a random choice that others than the pickers make.</summary>
    internal ulong NextSeed() => _context.Random.Next();

    /// <summary>Takes out a service that is forgotten; harmless when another thread has done so, or has put a new one in its place.</summary>
    internal void Remove(Service service) => _services.TryRemove(KeyValuePair.Create(service.Name, service));

    internal Service GetOrAdd(string name) => _services.GetOrAdd(name, static (name, context) => new Service(name, context), _context);

    /// <summary>Drops what was held long enough, forgets what is long empty, probes what is held.</summary>
    private async Task RunRoundAsync()
    {
        var held = new List<(ServiceWriter Writer, string Source, ObservedEndpoint Endpoint)>();
        foreach (var (_, service) in _services)
        {
            if (service.Writer.Expire())
            {
                Remove(service);
            }
            foreach (var (source, endpoint) in service.Writer.Held())
            {
                held.Add((service.Writer, source, endpoint));
            }
        }
        // Probes that take long (endpoints that do not answer) are not overtaken by those of the next round.
        if (held.Count == 0 || Interlocked.Exchange(ref _isProbing, true))
        {
            return;
        }
        try
        {
            var probes = new List<Task>(held.Count);
            foreach (var (writer, source, endpoint) in held)
            {
                await _probes.WaitAsync().ConfigureAwait(false);
                probes.Add(ProbeAsync(writer, source, endpoint));
            }
            await Task.WhenAll(probes).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isProbing, false);
        }
    }

    private async Task ProbeAsync(ServiceWriter writer, string source, ObservedEndpoint endpoint)
    {
        try
        {
            if (!await _probe.AnswersAsync(endpoint.Host, endpoint.Port).ConfigureAwait(false))
            {
                writer.DropHeld(source, endpoint.Id);
            }
        }
        finally
        {
            _probes.Release();
        }
    }
}
