using System.Collections.Immutable;
using System.Net;
using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Consul.Client;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>
/// Keeps one service observed. One task runs it and asks one question at a time, whether it waits on a watch of its own
/// or fetches when it is told to: so observations are in order, and passing from one to the other leaves no gap.
/// </summary>
internal sealed partial class ServiceWatch : IWatched
{
    // Wake-ups of one service: a burst at once, then ten a second.
    private const int Burst = 50;
    private const double PerSecond = 10;

    // A watch whose connection ends sooner than this was not let in.
    private static readonly TimeSpan s_refusedWithin = TimeSpan.FromSeconds(1);
    private const int RefusalsToYield = 2;

    private readonly WatchScope _scope;
    private readonly string _service;
    private readonly DatacenterWatch _owner;
    private readonly ILogger _logger;
    private readonly BlockingQuery<HealthEntry[]> _query;
    private readonly Backoff _backoff;
    private readonly Signal _wake = new();

    // Between the task that runs it and those that tell it something.
    private readonly Lock _lock = new();
    private CancellationTokenSource? _watching;
    private Removal? _removal;
    private bool _fetchDue = true;
    private bool _restartDue;
    private bool _holdsWatch;
    private bool _retiring;
    private bool _ended;
    private long _askedAt;
    private ImmutableArray<ObservedEndpoint> _endpoints = [];

    // Only the running task's.
    private readonly HashSet<EndpointId> _leftOut = [];
    private bool _failing;
    private int _refusals;

    public ServiceWatch(WatchScope scope, string service, DatacenterWatch owner)
    {
        _scope = scope;
        _service = service;
        _owner = owner;
        _logger = scope.Logger;
        Name = service + scope.Suffix;
        _query = new(AskAsync, scope, new TokenBucket(Burst, PerSecond, scope.Time));
        _backoff = new(scope.Jitter);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>When the last question was asked; what happened before needs no other.</summary>
    public long AskedAt => Volatile.Read(ref _askedAt);

    /// <summary>True when one of the endpoints last seen is on one of these nodes.</summary>
    public bool IsOn(HashSet<string> nodes) => _endpoints.Any(endpoint => nodes.Contains(endpoint.Id.Node));

    /// <summary>Something may have changed: fetch, unless a watch of its own sees it.</summary>
    public void Poke()
    {
        lock (_lock)
        {
            if (!_holdsWatch)
            {
                _fetchDue = true;
                _wake.Set();
            }
        }
    }

    /// <summary>An agent answers again: try at once instead of when the back-off ends.</summary>
    public void Hurry() => _wake.Set();

    /// <summary>Consul lost its way: a running watch ends, and the next question starts again at index 0.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _fetchDue = _restartDue = true;
            Interrupt();
        }
    }

    /// <summary>The list of services no longer names it: ask once more, and end if Consul knows no instance.</summary>
    /// <param name="doubt">Why the list may be wrong, or null.</param>
    public void Remove(string? doubt)
    {
        lock (_lock)
        {
            if (_removal is null)
            {
                _removal = new(doubt);
                Interrupt();
            }
        }
    }

    /// <summary>The list names it. False when it has ended and a new one is needed.</summary>
    public bool Keep()
    {
        lock (_lock)
        {
            if (_removal is not null)
            {
                // The confirmation on its way may be older than what the list saw.
                _removal = null;
                _fetchDue = true;
                _wake.Set();
            }
            return !_ended;
        }
    }

    /// <inheritdoc/>
    public void Grant()
    {
        lock (_lock)
        {
            _holdsWatch = true;
            _wake.Set();
        }
    }

    /// <inheritdoc/>
    public void Retire()
    {
        // The running query is left to its end: Consul would keep a cancelled one, with its connection, until then.
        lock (_lock)
        {
            _retiring = true;
        }
    }

    /// <summary>Runs until the service is gone or <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (!await StepAsync(stop))
            {
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The source stops.
        }
        finally
        {
            _scope.Budget.Leave(this);
        }
    }

    /// <summary>Asks one question, or waits for a reason to ask. True when the service is gone.</summary>
    private async Task<bool> StepAsync(CancellationToken stop)
    {
        GiveBackRetired();
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var (step, removal) = Plan(interrupt);
        try
        {
            switch (step)
            {
                case Step.Fetch:
                    Report(await _scope.Fetches.RunAsync(FetchAsync, stop), removal);
                    break;
                case Step.Watch:
                    await WatchAsync(interrupt.Token);
                    break;
                default:
                    await _wake.WaitAsync(stop);
                    return false;
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Interrupted: there is something else to ask first.
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Fail(e);
            await _wake.WaitAsync(_backoff.Next(), _scope.Time, stop);
            return false;
        }
        finally
        {
            lock (_lock)
            {
                _watching = null;
            }
        }
        _backoff.Reset();
        if (removal is not null)
        {
            return TryEnd(removal);
        }
        if (step == Step.Fetch)
        {
            AskForWatch();
        }
        return false;
    }

    private (Step Step, Removal? Removal) Plan(CancellationTokenSource interrupt)
    {
        lock (_lock)
        {
            if (_restartDue)
            {
                _restartDue = false;
                _query.Restart();
            }
            var step = _fetchDue || _removal is not null ? Step.Fetch : _holdsWatch ? Step.Watch : Step.Wait;
            _watching = step == Step.Watch ? interrupt : null;
            return (step, _removal);
        }
    }

    private Task<Reading<HealthEntry[]>> FetchAsync(CancellationToken cancel)
    {
        lock (_lock)
        {
            // Before the question: what changes from now on asks again.
            _fetchDue = false;
        }
        return _query.NowAsync(cancel);
    }

    private async Task WatchAsync(CancellationToken cancel)
    {
        var started = _scope.Time.GetTimestamp();
        try
        {
            Report(await _query.NextAsync(cancel), null);
            _refusals = 0;
        }
        catch (ConsulException e) when ((e.IsConnectionLoss || e.Status == HttpStatusCode.TooManyRequests) && _scope.Time.GetElapsedTime(started) < s_refusedWithin)
        {
            if (++_refusals >= RefusalsToYield)
            {
                _refusals = 0;
                LogRefused(Name, e.Message);
                lock (_lock)
                {
                    _holdsWatch = _retiring = false;
                }
                _scope.Budget.Refused(this);
            }
            throw;
        }
    }

    private Task<ConsulAnswer<HealthEntry[]>> AskAsync(ConsulQuery query, CancellationToken cancel)
    {
        Volatile.Write(ref _askedAt, _scope.Time.GetTimestamp());
        return _scope.Client.HealthAsync(_service, query, cancel);
    }

    private void Report(Reading<HealthEntry[]> reading, Removal? removal)
    {
        var before = _endpoints;
        if (reading.Moved || reading.AfterLoss)
        {
            _endpoints = EndpointMapper.Map(reading.Value, LeaveOut);
        }
        _failing = false;
        _scope.Feed.Observe(Name, new Observation.Seen(_endpoints) { Doubt = reading.Doubt ?? removal?.Doubt ?? DoubtAbout(reading, before) });
        _owner.Observed(this);
    }

    private string? DoubtAbout(Reading<HealthEntry[]> reading, ImmutableArray<ObservedEndpoint> before)
    {
        if (!reading.AfterLoss && !reading.Filtered)
        {
            return null;
        }
        var now = _endpoints.Select(endpoint => endpoint.Id).ToHashSet();
        var missing = before.Count(endpoint => !now.Contains(endpoint.Id));
        return reading.Filtered && missing > 0 ? $"{missing} of {before.Length} endpoints are gone, and the token may not read everything"
            : reading.AfterLoss && missing * 2 > before.Length ? $"{missing} of {before.Length} endpoints are gone since the connection to Consul was lost"
            : null;
    }

    private void LeaveOut(EndpointId id, string problem)
    {
        if (_leftOut.Add(id))
        {
            LogLeftOut(Name, id, problem);
        }
    }

    private void Fail(Exception e)
    {
        lock (_lock)
        {
            // What is now, before any waiting for what comes.
            _fetchDue = true;
        }
        if (!_failing)
        {
            _failing = true;
            // An agent that cannot be reached is told of once, by the list of services.
            LogFailed(e is ConsulException { Status: null } ? LogLevel.Debug : LogLevel.Warning, Name, e.Message, e is ConsulException ? null : e);
        }
        _scope.Feed.Observe(Name, new Observation.Failed(e.Message));
        _owner.Observed(this);
    }

    private bool TryEnd(Removal removal)
    {
        lock (_lock)
        {
            if (_removal != removal)
            {
                return false;
            }
            // Still there: the list was wrong, or is about to name it again.
            _removal = null;
            return _ended = _endpoints.IsEmpty;
        }
    }

    private void AskForWatch()
    {
        lock (_lock)
        {
            if (_holdsWatch)
            {
                return;
            }
        }
        // Not under the lock: the budget calls back under its own.
        if (_scope.Budget.TryTake(this))
        {
            Grant();
        }
        else
        {
            _owner.Cover();
        }
    }

    private void GiveBackRetired()
    {
        lock (_lock)
        {
            if (!_retiring)
            {
                return;
            }
            // What happens from now on is for the shared watch to see; what happened since the last answer, for a fetch.
            _retiring = _holdsWatch = false;
            _fetchDue = true;
        }
        _scope.Budget.Release(this);
    }

    private void Interrupt()
    {
        // Asynchronously: no continuation may run under the lock.
        _ = _watching?.CancelAsync();
        _wake.Set();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Service {Service}: {Id} is left out: {Problem}")]
    private partial void LogLeftOut(string service, EndpointId id, string problem);

    [LoggerMessage(Message = "Service {Service}: {Error}; its last good endpoints stay")]
    private partial void LogFailed(LogLevel level, string service, string error, Exception? defect);

    [LoggerMessage(Level = LogLevel.Information, Message = "Service {Service} shares a watch for now: {Error}")]
    private partial void LogRefused(string service, string error);

    private enum Step
    {
        Wait,
        Fetch,
        Watch,
    }

    /// <summary>A wish to end; a later one is another.</summary>
    private sealed class Removal(string? doubt)
    {
        public string? Doubt { get; } = doubt;
    }
}
