using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace LoadBalancer.Http;

/// <summary>
/// A client's connection that knows whether it was cut, or ended by the client. Kestrel then skips what a request has left of
/// its body and goes on with the next request, as long as there are bytes in its buffer: the rest of the body, or requests
/// of a client that can get no answer. Neither may be served.
/// </summary>
internal sealed class ClientConnection(ConnectionContext connection) : ConnectionContext
{
    private volatile bool _isAborted;

    /// <summary>
    /// True when nothing that comes from here may be served any more. Kestrel aborts the connection before it decides not to
    /// read a body to its end, so that whoever handles the request behind it sees this.
    /// </summary>
    public bool IsAborted => _isAborted;

    public override string ConnectionId
    {
        get => connection.ConnectionId;
        set => connection.ConnectionId = value;
    }

    public override IFeatureCollection Features => connection.Features;

    public override IDictionary<object, object?> Items
    {
        get => connection.Items;
        set => connection.Items = value;
    }

    public override IDuplexPipe Transport
    {
        get => connection.Transport;
        set => connection.Transport = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => connection.ConnectionClosed;
        set => connection.ConnectionClosed = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => connection.LocalEndPoint;
        set => connection.LocalEndPoint = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => connection.RemoteEndPoint;
        set => connection.RemoteEndPoint = value;
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _isAborted = true;
        connection.Abort(abortReason);
    }

    public override async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
