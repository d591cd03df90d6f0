using System.Collections.Concurrent;
using LoadBalancer.Configuration.Options;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Listeners;

/// <summary>
/// The listeners of the running configuration, the admin interface's too. Another one keeps every listener whose address
/// stays, whatever else of it changes; called by one thread at a time.
/// </summary>
internal sealed partial class ListenerSet(TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger("LoadBalancer.Listeners");
    private readonly ConcurrentDictionary<BindAddress, Listener> _listeners = [];

    /// <summary>The listeners of this moment. From any thread.</summary>
    public IReadOnlyCollection<Listener> Current => [.. _listeners.Values];

    /// <summary>
    /// Binds what is new; the kernel queues its connections until the change is committed. When an address cannot be had,
    /// nothing changes. Only a listener that stands in the way of a new one (":80" for "127.0.0.1:80") is stopped before that
    /// is bound, and is bound again when that fails.
    /// </summary>
    /// <exception cref="ListenerBindException">An address is taken or not to be had.</exception>
    public async Task<ListenerChange> PrepareAsync(IReadOnlyCollection<ListenerSettings> settings)
    {
        var binds = settings.Select(static one => one.Bind).ToHashSet();
        var inTheWay = _listeners.Keys.Where(bind => !binds.Contains(bind) && binds.Any(bind.Overlaps)).ToArray();
        var added = new List<Listener>();
        var stopped = new List<ListenerSettings>();
        var change = new ListenerChange(() => CommitAsync(settings, added), () => UndoAsync(added, stopped));
        try
        {
            // What stands free comes first: most that cannot be had is found while all still listen.
            foreach (var one in settings.Where(one => !_listeners.ContainsKey(one.Bind)).OrderBy(one => inTheWay.Any(one.Bind.Overlaps)).ToArray())
            {
                foreach (var bind in inTheWay.Where(one.Bind.Overlaps))
                {
                    if (_listeners.TryRemove(bind, out var former))
                    {
                        stopped.Add(former.Settings);
                        await former.DisposeAsync().ConfigureAwait(false);
                    }
                }
                added.Add(Listener.Bind(one, time, _logger));
            }
            return change;
        }
        catch (ListenerBindException)
        {
            await change.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops accepting everywhere but on the listeners of <paramref name="kept"/>.</summary>
    public async Task CloseAsync(IListenerEngine? kept)
    {
        foreach (var listener in _listeners.Values.Where(one => one.Settings.Engine != kept).ToArray())
        {
            _listeners.TryRemove(listener.Settings.Bind, out _);
            await listener.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Stops accepting everywhere.</summary>
    public async ValueTask DisposeAsync() => await CloseAsync(null).ConfigureAwait(false);

    private async Task CommitAsync(IReadOnlyCollection<ListenerSettings> settings, List<Listener> added)
    {
        var gone = _listeners.Keys.Except(settings.Select(static one => one.Bind)).ToArray();
        foreach (var one in settings)
        {
            if (_listeners.TryGetValue(one.Bind, out var kept))
            {
                await kept.ApplyAsync(one).ConfigureAwait(false);
            }
        }
        foreach (var listener in added)
        {
            _listeners[listener.Settings.Bind] = listener;
            listener.Start();
        }
        foreach (var bind in gone)
        {
            _listeners.TryRemove(bind, out var listener);
            await listener!.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task UndoAsync(List<Listener> added, List<ListenerSettings> stopped)
    {
        foreach (var listener in added)
        {
            await listener.DisposeAsync().ConfigureAwait(false);
        }
        foreach (var one in stopped)
        {
            try
            {
                var back = Listener.Bind(one, time, _logger);
                _listeners[one.Bind] = back;
                back.Start();
            }
            catch (ListenerBindException e)
            {
                // Somebody took it in this very moment.
                LogLost(_logger, one.Name, e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "listener {Listener}: stopped for a new configuration that is refused, and cannot be bound again: {Error}")]
    private static partial void LogLost(ILogger logger, string listener, string error);
}
