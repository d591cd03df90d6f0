using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace LoadBalancer.Http.Handover;

/// <summary>Makes Kestrel listen on <see cref="HandoverEndPoint"/>s.</summary>
internal sealed class HandoverListenerFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly ConcurrentDictionary<HttpProtocols, HandoverListener> _listeners = new();

    /// <summary>The listener of a protocol; there once Kestrel has started.</summary>
    public HandoverListener For(HttpProtocols protocol) => _listeners[protocol];

    public bool CanBind(EndPoint endpoint) => endpoint is HandoverEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(_listeners.GetOrAdd(((HandoverEndPoint)endpoint).Protocol, _ => new HandoverListener(endpoint)));
}
