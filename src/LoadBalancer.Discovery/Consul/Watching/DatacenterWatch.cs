using LoadBalancer.Discovery.Consul.Client;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>
/// Watches the list of services of one datacenter, runs a <see cref="ServiceWatch"/> for each, and covers those that
/// have no watch of their own: by one watch on all checks, and by sweeps where the list moved and no check tells why.
/// </summary>
internal sealed partial class DatacenterWatch
{
    // Wake-ups of the list and of all checks, each: a burst at once, then ten a second.
    private const int Burst = 50;
    private const double PerSecond = 10;

    // The list and the checks tell of one change at almost the same time.
    private static readonly TimeSpan s_checksMayFollow = TimeSpan.FromMilliseconds(20);

    private readonly WatchScope _scope;
    private readonly ILogger _logger;
    private readonly ServiceFilter _filter;
    private readonly Action _observedAll;
    private readonly Signal _cover = new();
    private readonly Signal _sweep = new();

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServiceWatch> _services = [];
    private readonly HashSet<Task> _tasks = [];
    private readonly Sweeper _sweeper;
    private Dictionary<string, string[]?> _listed = [];
    private HashSet<ServiceWatch>? _unobserved;
    private bool _listMissing = true;
    private ulong _listIndex;
    private ulong _checksIndex;

    /// <param name="scope">The datacenter.</param>
    /// <param name="filter">Which services are watched.</param>
    /// <param name="observedAll">Told when every service of a first list, or of the first after a failure, was observed.</param>
    public DatacenterWatch(WatchScope scope, ServiceFilter filter, Action observedAll)
    {
        _scope = scope;
        _logger = scope.Logger;
        _filter = filter;
        _observedAll = observedAll;
        _sweeper = new(scope.Time);
    }

    /// <summary>Runs until <paramref name="stop"/>; then everything that it started has ended.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await Task.WhenAll(WatchListAsync(stop), WatchChecksAsync(stop), SweepAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The source stops.
        }
        Task[] tasks;
        lock (_lock)
        {
            tasks = [.. _tasks];
        }
        await Task.WhenAll(tasks);
    }

    /// <summary>A service was observed, or failed to be.</summary>
    public void Observed(ServiceWatch service)
    {
        lock (_lock)
        {
            if (_unobserved is null || !_unobserved.Remove(service) || _unobserved.Count > 0)
            {
                return;
            }
            _unobserved = null;
        }
        _observedAll();
    }

    /// <summary>A service got no watch of its own.</summary>
    public void Cover() => _cover.Set();

    private async Task WatchListAsync(CancellationToken stop)
    {
        var query = new BlockingQuery<Dictionary<string, string[]?>>(_scope.Client.ServicesAsync, _scope, new TokenBucket(Burst, PerSecond, _scope.Time));
        var backoff = new Backoff(_scope.Jitter);
        var failures = 0;
        while (true)
        {
            try
            {
                TakeList(await query.NextAsync(stop), stop);
                if (failures > 0)
                {
                    LogBack(_scope.Client.Agent.Text, DatacenterName);
                }
                failures = 0;
                backoff.Reset();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Only when each agent had its turn.
                if (++failures >= _scope.Client.AgentCount)
                {
                    Fail(e, first: failures == _scope.Client.AgentCount);
                }
                await Task.Delay(backoff.Next(), _scope.Time, stop);
            }
        }
    }

    private void TakeList(Reading<Dictionary<string, string[]?>> reading, CancellationToken stop)
    {
        var names = reading.Value.Where(service => _filter.Takes(service.Key, service.Value ?? [])).Select(service => service.Key).ToHashSet();
        var now = _scope.Time.GetTimestamp();
        var complete = false;
        lock (_lock)
        {
            var gone = _services.Keys.Where(name => !names.Contains(name)).ToList();
            var doubt = reading.Doubt
                ?? (reading.AfterLoss && gone.Count * 2 > _services.Count ? $"{gone.Count} of {_services.Count} services are gone since the connection to Consul was lost" : null);
            foreach (var name in gone)
            {
                _services[name].Remove(doubt);
            }
            foreach (var name in names)
            {
                if (!_services.TryGetValue(name, out var service) || !service.Keep())
                {
                    StartLocked(name, stop);
                }
                else if (reading.WentBack)
                {
                    service.Restart();
                }
                else if (reading.AfterLoss)
                {
                    service.Hurry();
                }
                else if (!SameTags(name, reading.Value[name]))
                {
                    service.Poke();
                }
            }
            _listed = reading.Value;
            if (reading.AfterLoss)
            {
                WantSweepLocked(now, prompt: true);
            }
            else if (reading.Moved && _listIndex > 0)
            {
                WantSweepLocked(now, prompt: false);
            }
            _listIndex = reading.Index;
            // A leaderless server may have lost services: its list does not make us complete.
            if (_listMissing && reading.Doubt is null)
            {
                _listMissing = false;
                _unobserved = [.. names.Select(name => _services[name])];
                complete = _unobserved.Count == 0;
                _unobserved = complete ? null : _unobserved;
                if (!reading.Value.ContainsKey(ServiceFilter.ConsulItself))
                {
                    LogUnreadable(DatacenterName);
                }
            }
        }
        if (complete)
        {
            _observedAll();
        }
    }

    private bool SameTags(string name, string[]? tags) =>
        _listed.TryGetValue(name, out var before) && (before ?? []).AsSpan().SequenceEqual(tags ?? []);

    private void StartLocked(string name, CancellationToken stop)
    {
        var service = new ServiceWatch(_scope, name, this);
        _services[name] = service;
        _tasks.RemoveWhere(static task => task.IsCompleted);
        _tasks.Add(RunAsync(name, service, stop));
    }

    private async Task RunAsync(string name, ServiceWatch service, CancellationToken stop)
    {
        // Not under the lock of the caller.
        await Task.Yield();
        await service.RunAsync(stop);
        lock (_lock)
        {
            if (_services.TryGetValue(name, out var current) && current == service)
            {
                _services.Remove(name);
            }
        }
    }

    private void Fail(Exception e, bool first)
    {
        lock (_lock)
        {
            _listMissing = true;
        }
        if (first)
        {
            LogFailed(DatacenterName, e.Message, e is ConsulException ? null : e);
        }
        _scope.Feed.Fail(e.Message);
    }

    private async Task WatchChecksAsync(CancellationToken stop)
    {
        var query = new BlockingQuery<HealthCheck[]>(_scope.Client.ChecksAsync, _scope, new TokenBucket(Burst, PerSecond, _scope.Time));
        var table = new CheckTable();
        var backoff = new Backoff(_scope.Jitter);
        var resume = true;
        while (true)
        {
            if (!_scope.Budget.IsShort)
            {
                await _cover.WaitAsync(stop);
                // What happened while nobody looked is found by a sweep.
                resume = true;
                query.Restart();
                continue;
            }
            try
            {
                TakeChecks(await query.NextAsync(stop), table, resume);
                resume = false;
                backoff.Reset();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogChecksFailed(DatacenterName, e.Message, e is ConsulException ? null : e);
                await Task.Delay(backoff.Next(), _scope.Time, stop);
            }
        }
    }

    private void TakeChecks(Reading<HealthCheck[]> reading, CheckTable table, bool resume)
    {
        var changes = table.Update(reading.Value);
        var now = _scope.Time.GetTimestamp();
        lock (_lock)
        {
            _checksIndex = reading.Index;
            foreach (var name in changes.Services)
            {
                _services.GetValueOrDefault(name)?.Poke();
            }
            if (changes.Nodes.Count > 0)
            {
                foreach (var service in _services.Values.Where(service => service.IsOn(changes.Nodes)))
                {
                    service.Poke();
                }
            }
            if (resume || reading.AfterLoss)
            {
                WantSweepLocked(now, prompt: true);
            }
            else if (!reading.Moved)
            {
                // A whole wait is over. What neither the list nor a check shows (a node's new address) is found now.
                WantSweepLocked(now - (long)(_scope.Options.Wait.TotalSeconds * _scope.Time.TimestampFrequency), prompt: false);
            }
        }
    }

    private void WantSweepLocked(long moment, bool prompt)
    {
        _sweeper.Want(moment, prompt);
        _sweep.Set();
    }

    private async Task SweepAsync(CancellationToken stop)
    {
        var delay = Timeout.InfiniteTimeSpan;
        while (true)
        {
            // A more urgent wish ends the delay of another.
            await _sweep.WaitAsync(delay, _scope.Time, stop);
            await Task.Delay(s_checksMayFollow, _scope.Time, stop);
            delay = TrySweep();
        }
    }

    /// <summary>Sweeps when it is time, else tells how long until it is.</summary>
    private TimeSpan TrySweep()
    {
        lock (_lock)
        {
            if (_sweeper.AskedBefore is not { } moment)
            {
                return Timeout.InfiniteTimeSpan;
            }
            // The list moved and the checks did not: an instance without checks came, went or changed.
            var delay = _sweeper.Delay(_services.Count, prompt: _checksIndex < _listIndex);
            if (delay > TimeSpan.Zero)
            {
                return delay;
            }
            _sweeper.Start();
            foreach (var service in _services.Values.Where(service => service.AskedAt < moment))
            {
                service.Poke();
            }
            return Timeout.InfiniteTimeSpan;
        }
    }

    private string DatacenterName => _scope.Datacenter ?? "(the agent's own)";

    [LoggerMessage(Level = LogLevel.Error, Message = "Consul, datacenter {Datacenter}: the list of services could not be read, what is known stays: {Error}")]
    private partial void LogFailed(string datacenter, string error, Exception? defect);

    [LoggerMessage(Level = LogLevel.Information, Message = "Consul agent {Agent} answers again for datacenter {Datacenter}")]
    private partial void LogBack(string agent, string datacenter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Consul, datacenter {Datacenter}: the watch on all checks failed: {Error}")]
    private partial void LogChecksFailed(string datacenter, string error, Exception? defect);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Consul, datacenter {Datacenter}: the list of services does not even name 'consul'; does the token have service:read and node:read?")]
    private partial void LogUnreadable(string datacenter);
}
