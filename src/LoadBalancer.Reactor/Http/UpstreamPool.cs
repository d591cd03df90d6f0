using System.Net;
using LoadBalancer.Core.Model;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http;

/// <summary>The idle connections of one loop to one endpoint: last in, first out, so that what is not needed grows old.</summary>
internal sealed class UpstreamPool
{
    private const int MostIdle = 512;

    private readonly List<UpstreamConnection> _idle = [];

    public UpstreamPool(EventLoop loop, Endpoint endpoint, ReadOnlyMemory<byte> first)
    {
        Loop = loop;
        Endpoint = endpoint;
        First = first;
        if (endpoint.Remote is IPEndPoint remote)
        {
            var address = remote.Serialize();
            Address = address.Buffer[..address.Size];
        }
    }

    public EventLoop Loop { get; }

    public Endpoint Endpoint { get; }

    /// <summary>The endpoint's address as connect(2) takes it; empty when it is known by a name.</summary>
    public ReadOnlyMemory<byte> Address { get; }

    /// <summary>What every connection begins with, before all requests; empty when with the first of them.</summary>
    public ReadOnlyMemory<byte> First { get; }

    public int Idle => _idle.Count;

    /// <summary>When a connection was last given back, on the loop's clock.</summary>
    public long LastUse { get; private set; }

    public UpstreamConnection? Take()
    {
        var last = _idle.Count - 1;
        if (last < 0)
        {
            return null;
        }
        var connection = _idle[last];
        _idle.RemoveAt(last);
        return connection;
    }

    public void Put(UpstreamConnection connection)
    {
        LastUse = Loop.Now;
        if (_idle.Count == MostIdle)
        {
            connection.Close();
            return;
        }
        connection.IdleSince = Loop.Now;
        _idle.Add(connection);
    }

    public void Remove(UpstreamConnection connection) => _idle.Remove(connection);

    /// <summary>Closes what has been idle since <paramref name="before"/> or longer.</summary>
    public void CloseIdle(long before)
    {
        // The oldest are at the front.
        var count = 0;
        while (count < _idle.Count && _idle[count].IdleSince <= before)
        {
            _idle[count++].Close();
        }
        _idle.RemoveRange(0, count);
    }
}
