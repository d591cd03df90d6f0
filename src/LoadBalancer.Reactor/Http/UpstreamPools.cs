using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http;

/// <summary>The connections of one loop to all endpoints, or those that belong to one client.</summary>
internal sealed class UpstreamPools : ITimed
{
    private const int IdleLimit = 60_000;
    private const int Round = 1_000;

    private readonly Dictionary<Endpoint, UpstreamPool> _pools = [];
    private readonly EventLoop _loop;
    private readonly LoopTimer _timer;
    private readonly ReadOnlyMemory<byte> _first;

    /// <summary>For requests of everybody.</summary>
    public UpstreamPools(EventLoop loop)
    {
        _loop = loop;
        _timer = new LoopTimer(this);
    }

    /// <summary>For the requests of one client, because the connections begin with a PROXY header that names it.</summary>
    public UpstreamPools(EventLoop loop, ProxyProtocolVersion version, in ProxyHeader client) : this(loop)
    {
        Version = version;
        var bytes = new byte[ProxyHeaderWriter.LongestHeader];
        _first = bytes.AsMemory(0, ProxyHeaderWriter.Write(bytes, version, client));
    }

    /// <summary>The form of the PROXY header; off when there is none.</summary>
    public ProxyProtocolVersion Version { get; }

    public UpstreamPool Of(Endpoint endpoint)
    {
        if (!_pools.TryGetValue(endpoint, out var pool))
        {
            _pools.Add(endpoint, pool = new UpstreamPool(_loop, endpoint, _first));
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

    /// <summary>Closes all, and is not used any more.</summary>
    public void End()
    {
        CloseAll();
        _loop.Timers.Remove(_timer);
    }

    public void CloseAll()
    {
        foreach (var pool in _pools.Values)
        {
            pool.CloseIdle(long.MaxValue);
        }
    }
}
