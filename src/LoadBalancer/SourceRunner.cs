using System.Collections.Immutable;
using LoadBalancer.Core.Model;
using Microsoft.Extensions.Logging;

namespace LoadBalancer;

/// <summary>
/// Runs the sources of the running configuration. A source whose options changed is started anew; what it said stays in
/// force until it has completed again. Called by one thread at a time.
/// </summary>
internal sealed partial class SourceRunner(Catalog catalog, ILogger<SourceRunner> logger) : IAsyncDisposable
{
    private readonly Dictionary<string, Running> _running = [];
    private readonly Dictionary<string, List<(string Service, ImmutableArray<ObservedEndpoint> Endpoints)>> _saved = [];

    /// <summary>What the state file kept; used by a source that does not answer at its first start.</summary>
    public void Remember(IEnumerable<(string Source, string Service, ImmutableArray<ObservedEndpoint> Endpoints)> saved)
    {
        foreach (var group in saved.GroupBy(static one => one.Source))
        {
            _saved[group.Key] = [.. group.Select(static one => (one.Service, one.Endpoints))];
        }
    }

    /// <summary>Has <paramref name="name"/> run with the given options, or not at all when they are null.</summary>
    /// <param name="name">"consul", "dns" or "static".</param>
    /// <param name="fingerprint">A text that differs when the options do; null when the source is not configured.</param>
    /// <param name="create">Makes the source.</param>
    /// <param name="update">Gives a running source its new options; without it, the source is started anew.</param>
    public async Task ApplyAsync<T>(string name, string? fingerprint, Func<T> create, Action<T>? update = null)
        where T : ISource
    {
        if (_running.TryGetValue(name, out var running))
        {
            if (running.Fingerprint == fingerprint)
            {
                return;
            }
            if (fingerprint is not null && update is not null)
            {
                update((T)running.Source);
                _running[name] = running with { Fingerprint = fingerprint };
                return;
            }
            await running.StopAsync().ConfigureAwait(false);
            _running.Remove(name);
        }
        if (fingerprint is null)
        {
            catalog.Close(name);
            return;
        }
        var source = create();
        var feed = catalog.Open(name, _saved.GetValueOrDefault(name) ?? []);
        var stop = new CancellationTokenSource();
        _running[name] = new Running(fingerprint, source, stop, RunAsync(source, feed, stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var running in _running.Values)
        {
            await running.StopAsync().ConfigureAwait(false);
        }
        _running.Clear();
    }

    private async Task RunAsync(ISource source, ISourceFeed feed, CancellationToken stop)
    {
        try
        {
            // Off the caller's thread: a source may do much before its first wait.
            await Task.Run(() => source.RunAsync(feed, stop), stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            LogDefect(logger, source.Name, e);
            feed.Fail("the source ended by a defect: " + e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "the source {Source} ended by a defect; its last endpoints stay")]
    private static partial void LogDefect(ILogger logger, string source, Exception error);

    private sealed record Running(string Fingerprint, ISource Source, CancellationTokenSource Cancellation, Task Task)
    {
        public async Task StopAsync()
        {
            await Cancellation.CancelAsync().ConfigureAwait(false);
            await Task.ConfigureAwait(false);
            Cancellation.Dispose();
            switch (Source)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync().ConfigureAwait(false);
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
    }
}
