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

    /// <summary>Guards <see cref="_losses"/> and <see cref="_count"/>; taken inside a writer's lock, never around one.</summary>
    private readonly Lock _countLock = new();
    private readonly LossWindow _losses = new();
    private int _count;

    /// <summary>
    /// Guards <see cref="_saved"/>; taken around writers' locks, never inside one. Who restores and who completes exclude
    /// each other, else a service could be restored after the last look at what was restored, and stay for ever.
    /// </summary>
    private readonly Lock _savedLock = new();
    private ImmutableDictionary<string, ImmutableArray<ObservedEndpoint>> _saved;

    private string? _error;
    private volatile bool _isReady;
    private bool _isComplete;

    internal SourceFeed(string source, Catalog catalog, CatalogContext context, IEnumerable<(string Service, ImmutableArray<ObservedEndpoint> Endpoints)> saved)
    {
        _source = source;
        _catalog = catalog;
        _context = context;
        _saved = saved.ToImmutableDictionary(static pair => pair.Service, static pair => EndpointOrder.Normalize(pair.Endpoints), StringComparer.OrdinalIgnoreCase);
    }

    public string Source => _source;

    /// <summary>True after the first complete observation, or when the state file has taken its place.</summary>
    public bool IsReady => _isReady;

    public string? Error => Volatile.Read(ref _error);

    private string MassReason => $"more than half of the endpoints of {_source} vanished at once";

    public void Observe(string service, Observation observation)
    {
        switch (observation)
        {
            case Observation.Failed failed:
                Restore(service);
                OnLiving(service, writer => writer.Fail(_source, failed.Error));
                break;
            case Observation.Seen seen:
                var endpoints = EndpointOrder.Normalize(seen.Endpoints);
                OnLiving(service, writer => Judged(writer, endpoints, seen.Doubt, judge => writer.Observe(_source, endpoints, judge)));
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
        lock (_savedLock)
        {
            _saved = _saved.Clear();
        }
        DropUnnamed();
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
            service.Writer.Remove(_source);
        }
    }

    /// <summary>The source has been silent since the start: the state file takes its place.</summary>
    internal void RestoreAll()
    {
        lock (_savedLock)
        {
            foreach (var service in _saved.Keys)
            {
                Restore(service);
            }
            if (!_saved.IsEmpty)
            {
                _isReady = true;
            }
        }
    }

    private void Restore(string service)
    {
        lock (_savedLock)
        {
            if (_saved.TryGetValue(service, out var endpoints))
            {
                OnLiving(service, writer =>
                {
                    var restored = writer.Restore(_source, endpoints);
                    lock (_countLock)
                    {
                        _count += restored ?? 0;
                    }
                    return restored is not null;
                });
            }
        }
    }

    /// <summary>Known from the state file or from before a restart of the source, and not named by it since: gone.</summary>
    private void DropUnnamed()
    {
        var unnamed = _catalog.Services.Select(service => (service.Writer, Count: service.Writer.Unnamed(_source))).Where(static pair => pair.Count is not null).ToList();
        var gone = unnamed.Sum(static pair => pair.Count!.Value);
        int count;
        lock (_countLock)
        {
            count = _count;
        }
        // One update, and no service here was taken down a moment ago, so a small number is no excuse: this is how a
        // registry looks that came back empty.
        var doubt = gone > count - gone ? MassReason : null;
        foreach (var (writer, _) in unnamed)
        {
            Judged(writer, [], doubt, judge => writer.ObserveGone(_source, judge));
        }
    }

    /// <summary>Does something with a service's writer, and once more when the service was forgotten in between.</summary>
    private void OnLiving(string name, Func<ServiceWriter, bool> act)
    {
        for (var service = _catalog.GetOrAdd(name); !act(service.Writer); service = _catalog.GetOrAdd(name))
        {
            _catalog.Remove(service);
        }
    }

    /// <summary>Hands the judge of losses to <paramref name="observe"/>, and brings back what earlier losses of the same event dropped.</summary>
    private bool Judged(ServiceWriter writer, ImmutableArray<ObservedEndpoint> seen, string? doubt, Func<LossJudge, bool> observe)
    {
        IReadOnlyList<Loss>? earlier = null;
        var taken = observe((lost, gained) =>
        {
            lock (_countLock)
            {
                _count += gained;
                _losses.Seen(writer, seen);
                if (lost.IsEmpty || _context.Options.HoldFor <= TimeSpan.Zero || _context.Options.OperatorSources.Contains(_source))
                {
                    return null;
                }
                if (doubt is not null)
                {
                    return doubt;
                }
                earlier = _losses.Add(new Loss(_context.Uptime, writer, lost), _count);
                return earlier is null ? null : MassReason;
            }
        });
        foreach (var loss in earlier ?? [])
        {
            // Outside every writer's lock.
            loss.Writer.HoldBack(_source, loss.Endpoints, MassReason);
        }
        return taken;
    }
}
