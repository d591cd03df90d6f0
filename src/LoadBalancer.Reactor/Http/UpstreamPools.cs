using LoadBalancer.Core.Model;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http;

/// <summary>The connections of one loop to all endpoints.</summary>
internal sealed class UpstreamPools : ITimed
{
    private const int IdleLimit = 60_000;
    private const int Round = 1_000;

    private readonly Dictionary<Endpoint, UpstreamPool> _pools = [];
    private readonly EventLoop _loop;
    private readonly LoopTimer _timer;

    public UpstreamPools(EventLoop loop)
    {
        _loop = loop;
        _timer = new LoopTimer(this);
    }

    public UpstreamPool Of(Endpoint endpoint)
    {
        if (!_pools.TryGetValue(endpoint, out var pool))
        {
            _pools.Add(endpoint, pool = new UpstreamPool(_loop, endpoint));
            if (_pools.Count == 1)
            {
                _loop.Timers.Set(_timer, _loop.Now + Round);
            }
        }
        return pool;
    }

    /// <summary>Closes what is idle for too long, and forgets endpoints that nobody asks any more.</summary>
    public void OnDeadline()
    {
        foreach (var (endpoint, pool) in _pools)
        {
            pool.CloseIdle(_loop.Now - IdleLimit);
            if (pool.Idle == 0 && endpoint.InFlight == 0 && pool.LastUse < _loop.Now - IdleLimit)
            {
                _pools.Remove(endpoint);
            }
        }
        if (_pools.Count > 0)
        {
            _loop.Timers.Set(_timer, _loop.Now + Round);
        }
    }

    public void OnFault() => _loop.Timers.Set(_timer, _loop.Now + Round);

    public void CloseAll()
    {
        foreach (var pool in _pools.Values)
        {
            pool.CloseIdle(long.MaxValue);
        }
    }
}
