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
    private Dictionary<BindAddress, Listener> _listeners = [];

    /// <summary>The listeners that accept now.</summary>
    public IReadOnlyCollection<Listener> Current => _listeners.Values;

    /// <summary>Binds what is new, then takes over the rest, then stops what is gone. When an address cannot be had, nothing changes.</summary>
    /// <exception cref="ListenerBindException">An address is taken or not to be had.</exception>
    public async Task ApplyAsync(IReadOnlyCollection<ListenerSettings> settings)
    {
        var added = new List<Listener>();
        try
        {
            foreach (var one in settings.Where(one => !_listeners.ContainsKey(one.Bind)))
            {
                added.Add(Listener.Bind(one, handlers, time, _logger));
            }
        }
        catch (ListenerBindException)
        {
            foreach (var listener in added)
            {
                await listener.DisposeAsync().ConfigureAwait(false);
            }
            throw;
        }
        var former = _listeners;
        var next = added.ToDictionary(static listener => listener.Settings.Bind);
        foreach (var one in settings)
        {
            if (former.Remove(one.Bind, out var kept))
            {
                kept.Settings = one;
                next.Add(one.Bind, kept);
            }
        }
        _listeners = next;
        added.ForEach(static listener => listener.Start());
        foreach (var gone in former.Values)
        {
            await gone.DisposeAsync().ConfigureAwait(false);
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
