using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.Http;

/// <summary>
/// The connections to endpoints that belong to one connection of a client, because they begin with a PROXY header that names
/// it: a request of anybody else must never be sent on them. Made when the first is needed, closed with the client's.
/// </summary>
/// <param name="header">What they begin with.</param>
/// <param name="time">The clock.</param>
internal sealed class OwnConnections(ProxyHeader header, TimeProvider time) : IDisposable
{
    // Requests of an HTTP/2 connection come at once, and may be under way when it has ended.
    private readonly Lock _lock = new();
    private HttpMessageInvoker? _v1;
    private HttpMessageInvoker? _v2;
    private bool _isOver;

    /// <summary>What a connection on this client's behalf says of it.</summary>
    public ProxyHeader Header => header;

    /// <summary>The client for endpoints that expect this version; nothing can be sent with it when the client's connection has ended.</summary>
    public HttpMessageInvoker For(ProxyProtocolVersion version)
    {
        lock (_lock)
        {
            ref var own = ref version == ProxyProtocolVersion.V1 ? ref _v1 : ref _v2;
            if (own is null)
            {
                own = UpstreamClient.Create(time, version, header);
                if (_isOver)
                {
                    own.Dispose();
                }
            }
            return own;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _v1?.Dispose();
            _v2?.Dispose();
        }
    }
}
