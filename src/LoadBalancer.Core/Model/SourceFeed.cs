using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>
/// One source's way into the catalog. It knows the source as a whole: whether it has completed, how many endpoints it
/// has, and what the state file kept of it.
/// </summary>
internal sealed class SourceFeed : ISourceFeed
{
    private readonly string _source;
    private readonly Catalog _catalog;
    private readonly CatalogContext _context;
    private readonly LossWindow _losses = new();
    private readonly Lock _lock = new();
    private ImmutableDictionary<string, ImmutableArray<ObservedEndpoint>> _saved;
    private int _count;
    private string? _error;
    private volatile bool _isReady;
    private bool _isComplete;

    internal SourceFeed(string source, Catalog catalog, CatalogContext context, IEnumerable<(string Service, ImmutableArray<ObservedEndpoint> Endpoints)> saved)
    {
        _source = source;
        _catalog = catalog;
        _context = context;
        _saved = saved.ToImmutableDictionary(static pair => pair.Service, static pair => pair.Endpoints, StringComparer.OrdinalIgnoreCase);
    }

    public string Source => _source;

    /// <summary>True after the first complete observation, or when the state file has taken its place.</summary>
    public bool IsReady => _isReady;

    public string? Error => Volatile.Read(ref _error);

    public void Observe(string service, Observation observation)
    {
        switch (observation)
        {
            case Observation.Failed failed:
                Restore(service);
                _catalog.GetOrAdd(service).Writer.Fail(_source, failed.Error);
                break;
            case Observation.Seen seen:
                Observe(service, seen);
                break;
        }
    }

    public void Fail(string error)
    {
        if (Interlocked.Exchange(ref _error, error) is null)
        {
            _context.Observer.SourceChanged(_source, error);
        }
        if (!Volatile.Read(ref _isComplete))
        {
            RestoreAll();
        }
    }

    public void Complete()
    {
        if (Interlocked.Exchange(ref _error, null) is not null)
        {
            _context.Observer.SourceChanged(_source, null);
        }
        if (Interlocked.Exchange(ref _isComplete, true))
        {
            return;
        }
        foreach (var service in _catalog.Services.Where(service => service.Writer.IsUnconfirmed(_source)))
        {
            // Known from the state file or from before a restart of the source, and not named by it since: gone.
            Observe(service.Name, new Observation.Seen([]));
        }
        _saved = _saved.Clear();
        _isReady = true;
    }

    public long DemandFor(string service) => _catalog.Find(service)?.Requests ?? 0;

    /// <summary>The source is about to be started again with other settings.</summary>
    internal void Restart()
    {
        foreach (var service in _catalog.Services)
        {
            service.Writer.Unconfirm(_source);
        }
        Volatile.Write(ref _isComplete, false);
    }

    /// <summary>The source is no longer configured.</summary>
    internal void Close()
    {
        foreach (var service in _catalog.Services)
        {
            Interlocked.Add(ref _count, -service.Writer.Remove(_source));
        }
    }

    /// <summary>The source has been silent since the start: the state file takes its place.</summary>
    internal void RestoreAll()
    {
        var saved = _saved;
        foreach (var service in saved.Keys)
        {
            Restore(service);
        }
        if (!saved.IsEmpty)
        {
            _isReady = true;
        }
    }

    private void Restore(string service)
    {
        if (_saved.TryGetValue(service, out var endpoints))
        {
            Interlocked.Add(ref _count, _catalog.GetOrAdd(service).Writer.Restore(_source, endpoints));
        }
    }

    private void Observe(string name, Observation.Seen seen)
    {
        while (!TryObserve(_catalog.GetOrAdd(name), seen))
        {
            // Forgotten between the look-up and the observation: the next look-up makes a new one.
        }
    }

    private bool TryObserve(Service service, Observation.Seen seen)
    {
        IReadOnlyList<(Service Service, ImmutableArray<ObservedEndpoint> Lost)> mass = [];
        string? reason = seen.Doubt;
        var gained = service.Writer.Observe(_source, seen.Endpoints, (lost, change) =>
        {
            if (reason is null)
            {
                lock (_lock)
                {
                    var remaining = Volatile.Read(ref _count) + change;
                    mass = _losses.Add(service, lost, remaining, _context.Time.GetUtcNow());
                }
                if (mass.Count > 0)
                {
                    reason = $"{mass.Sum(static loss => loss.Lost.Length)} endpoints vanished from {_source} at once";
                }
            }
            return reason;
        });
        if (gained is null)
        {
            return false;
        }
        Interlocked.Add(ref _count, gained.Value);
        foreach (var (other, lost) in mass)
        {
            // Outside every writer's lock: the earlier losses of the same event come back.
            if (other != service)
            {
                other.Writer.HoldBack(_source, lost, reason!);
            }
        }
        return true;
    }
}
