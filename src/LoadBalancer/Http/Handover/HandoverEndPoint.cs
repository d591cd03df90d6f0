using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace LoadBalancer.Http.Handover;

/// <summary>
/// An "address" inside the process: Kestrel listens here and is handed connections that a <see cref="Listeners.Listener"/> accepted.
/// One per protocol, because Kestrel cannot tell HTTP/1.1 and cleartext HTTP/2 apart on one endpoint.
/// </summary>
internal sealed class HandoverEndPoint(HttpProtocols protocol) : EndPoint
{
    public HttpProtocols Protocol { get; } = protocol;

    public override string ToString() => $"handover-{Protocol}";
}
