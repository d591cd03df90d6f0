using LoadBalancer.Discovery.Consul.Client;

namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>
/// Asks one question again and again, by the index rules and not too often. The answers come in order: an answer older
/// than the one before is asked again of the leader instead of being returned. For one task.
/// </summary>
internal sealed class BlockingQuery<T>
{
    // Consul keeps a query, and one of its 200 connections, until its wait is over, even when the asker is gone. Watches
    // that start short leave room for a balancer that is restarted again and again.
    private static readonly TimeSpan s_firstWait = TimeSpan.FromSeconds(15);

    private readonly Func<ConsulQuery, CancellationToken, Task<ConsulAnswer<T>>> _ask;
    private readonly WatchScope _scope;
    private readonly TokenBucket _bucket;
    private readonly WatchIndex _index = new();
    private TimeSpan _wait;
    private bool _answered;
    private bool _lost;

    public BlockingQuery(Func<ConsulQuery, CancellationToken, Task<ConsulAnswer<T>>> ask, WatchScope scope, TokenBucket bucket)
    {
        _ask = ask;
        _scope = scope;
        _bucket = bucket;
        _wait = FirstWait();
    }

    /// <summary>Waits for a change and reads it; reads at once the first time and after a failure.</summary>
    /// <exception cref="ConsulException">It could not be asked; the next call starts again at index 0.</exception>
    public async Task<Reading<T>> NextAsync(CancellationToken cancel)
    {
        var delay = _bucket.Take();
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, _scope.Time, cancel);
        }
        var query = new ConsulQuery { Index = _index.Next, Wait = _wait, Stale = _scope.Options.Stale, Datacenter = _scope.Datacenter };
        return await ReadAsync(query, cancel);
    }

    /// <summary>Reads what is now. The leader is asked: another server may not know yet what this read was made for.</summary>
    /// <exception cref="ConsulException">It could not be asked; the next call starts again at index 0.</exception>
    public async Task<Reading<T>> NowAsync(CancellationToken cancel)
    {
        var query = new ConsulQuery { Datacenter = _scope.Datacenter };
        try
        {
            return await ReadAsync(query, cancel);
        }
        catch (ConsulException) when (_scope.Options.Stale && !_answered)
        {
            // Without a leader, an old answer is better than none at the start.
            return await ReadAsync(query with { Stale = true }, cancel);
        }
    }

    /// <summary>The next reading starts at index 0 and counts as the first after a loss.</summary>
    public void Restart()
    {
        _index.Restart();
        _lost = _answered;
        _wait = FirstWait();
    }

    private async Task<Reading<T>> ReadAsync(ConsulQuery query, CancellationToken cancel)
    {
        try
        {
            var known = _index.Known;
            var answer = await _ask(query, cancel);
            if (_index.IsBackwards(answer.Index))
            {
                answer = await _ask(new ConsulQuery { Datacenter = _scope.Datacenter }, cancel);
            }
            var wentBack = _index.IsBackwards(answer.Index);
            var moved = _index.Accept(answer.Index) || !_answered;
            _wait = moved ? _wait : Min(_wait * 2, _scope.Options.Wait);
            var doubt = wentBack ? $"the index of Consul went back from {known} to {answer.Index}"
                : answer.KnownLeader ? null : "the Consul servers know no leader";
            var reading = new Reading<T>(answer.Value, answer.Index, moved, _lost, wentBack, doubt, answer.Filtered);
            _answered = true;
            _lost = false;
            return reading;
        }
        catch (OperationCanceledException)
        {
            // The asker's own wish: no loss that would put the next answer in doubt.
            _index.Restart();
            throw;
        }
        catch
        {
            Restart();
            throw;
        }
    }

    private TimeSpan FirstWait() => Min(_scope.Jitter.Spread(s_firstWait), _scope.Options.Wait);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
