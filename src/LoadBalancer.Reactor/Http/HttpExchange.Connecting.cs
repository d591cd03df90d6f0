using System.Net;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Reactor.Native;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Http;

/// <summary>
/// A new connection to the endpoint: to its address at once, or by its name, which is looked up for each connection and whose
/// addresses are tried in their order. All of that has the time to connect once.
/// </summary>
internal sealed partial class HttpExchange
{
    /// <summary>Whose end is to come; null when no name is being looked up.</summary>
    private NameLookup? _lookup;

    /// <summary>The addresses of the endpoint's name that have not been tried.</summary>
    private ReadOnlyMemory<IPAddress> _addresses;

    /// <summary>
    /// The connections to the endpoint that this request may use: those that name a client are for its requests alone. Null
    /// when it cannot be named, because it has gone; not after the first time.
    /// </summary>
    private UpstreamPool? PoolOf(Endpoint endpoint)
    {
        var version = _dispatch.Snapshot!.Policy.SendProxyProtocol;
        var pools = version == ProxyProtocolVersion.Off ? _http.Upstreams : _client.OwnUpstreams(version);
        return pools?.Of(endpoint);
    }

    /// <summary>When that fails at once, <see cref="Failed"/> has been called, and another attempt begun or an answer given.</summary>
    private void Connect(UpstreamPool pool)
    {
        _phase = Phase.Connecting;
        SetDeadline((long)_dispatch.Snapshot!.Policy.Timeouts.Connect.TotalMilliseconds);
        if (pool.Address.IsEmpty)
        {
            _lookup = NameLookup.Begin(Loop, pool.Endpoint.Host, OnLookup);
        }
        else
        {
            Connect(pool, pool.Address.Span);
        }
    }

    /// <summary>A lookup is over: perhaps one that nobody waits for any more.</summary>
    private void OnLookup(NameLookup lookup)
    {
        if (_lookup != lookup)
        {
            return;
        }
        _lookup = null;
        try
        {
            if (lookup.Addresses.Length == 0)
            {
                Failed(Shortage.IsBehind(lookup.Error) ? AttemptFailure.Shortage : AttemptFailure.Connect);
                return;
            }
            _addresses = lookup.Addresses;
            ConnectToNextAddress();
        }
        catch
        {
            // The loop knows of no connection that it could close for a posted task.
            OnFault();
            throw;
        }
    }

    private void ConnectToNextAddress()
    {
        var pool = PoolOf(_dispatch.Endpoint!)!;
        var address = new IPEndPoint(_addresses.Span[0], pool.Endpoint.Port).Serialize();
        _addresses = _addresses[1..];
        Connect(pool, address.Buffer.Span[..address.Size]);
    }

    private void Connect(UpstreamPool pool, ReadOnlySpan<byte> address)
    {
        _upstream = UpstreamConnection.Connect(pool, address, out var errno);
        if (_upstream is null)
        {
            ConnectFailed(errno);
            return;
        }
        _upstream.Exchange = this;
    }

    private void ConnectFailed(int errno)
    {
        if (_addresses.IsEmpty)
        {
            Failed(Errno.IsShortage(errno) ? AttemptFailure.Shortage : AttemptFailure.Connect);
            return;
        }
        CloseUpstream();
        ConnectToNextAddress();
    }

    /// <summary>Gives up the connection, or what would have become one.</summary>
    private void DropUpstream()
    {
        _lookup = null;
        _addresses = default;
        CloseUpstream();
    }

    private void CloseUpstream()
    {
        if (_upstream is not null)
        {
            _upstream.Exchange = null;
            _upstream.Close();
            _upstream = null;
        }
    }
}
