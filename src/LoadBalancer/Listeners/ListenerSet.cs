using LoadBalancer.Configuration.Options;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Listeners;

/// <summary>
/// The listeners of the running configuration. Applying another one keeps every listener whose address stays, whatever
/// else of it changes; called by one thread at a time.
/// </summary>
internal sealed class ListenerSet(IReadOnlyDictionary<ListenerProtocol, IConnectionHandler> handlers, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger("LoadBalancer.Listeners");
    private readonly Dictionary<BindAddress, Listener> _listeners = [];

    /// <summary>The listeners that accept now.</summary>
    public IReadOnlyCollection<Listener> Current => _listeners.Values;

    /// <summary>
    /// Binds what is new, then takes over the rest, then stops what is gone. When an address cannot be had, nothing changes.
    /// Only a listener that stands in the way of a new one (":80" for "127.0.0.1:80") is stopped before that is bound.
    /// </summary>
    /// <exception cref="ListenerBindException">An address is taken or not to be had.</exception>
    public async Task ApplyAsync(IReadOnlyCollection<ListenerSettings> settings)
    {
        var binds = settings.Select(static one => one.Bind).ToHashSet();
        var inTheWay = _listeners.Values.Select(static one => one.Settings).Where(one => !binds.Contains(one.Bind) && binds.Any(one.Bind.Overlaps)).ToArray();
        foreach (var one in inTheWay)
        {
            _listeners.Remove(one.Bind, out var former);
            await former!.DisposeAsync().ConfigureAwait(false);
        }
        List<Listener> added;
        try
        {
            added = await BindAsync([.. settings.Where(one => !_listeners.ContainsKey(one.Bind))]).ConfigureAwait(false);
        }
        catch (ListenerBindException)
        {
            foreach (var back in await BindAsync(inTheWay).ConfigureAwait(false))
            {
                _listeners.Add(back.Settings.Bind, back);
                back.Start();
            }
            throw;
        }
        var gone = _listeners.Values.Where(one => !binds.Contains(one.Settings.Bind)).ToArray();
        foreach (var one in settings)
        {
            if (_listeners.TryGetValue(one.Bind, out var kept))
            {
                kept.Settings = one;
            }
        }
        foreach (var listener in added)
        {
            _listeners.Add(listener.Settings.Bind, listener);
            listener.Start();
        }
        foreach (var listener in gone)
        {
            _listeners.Remove(listener.Settings.Bind);
            await listener.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Binds all or none.</summary>
    private async Task<List<Listener>> BindAsync(IReadOnlyCollection<ListenerSettings> settings)
    {
        var bound = new List<Listener>();
        try
        {
            foreach (var one in settings)
            {
                bound.Add(Listener.Bind(one, handlers, time, _logger));
            }
            return bound;
        }
        catch (ListenerBindException)
        {
            foreach (var listener in bound)
            {
                await listener.DisposeAsync().ConfigureAwait(false);
            }
            throw;
        }
    }

    /// <summary>Stops accepting everywhere.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners.Values)
        {
            await listener.DisposeAsync().ConfigureAwait(false);
        }
    }
}
