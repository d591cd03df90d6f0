using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Routing;
using LoadBalancer.Reactor.Http;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor;

/// <summary>What the HTTP connections of a listener need to know of the program around the reactor.</summary>
public abstract class HttpConnectionHost : ConnectionHost
{
    /// <summary>True when the listener has been stopped: what runs is finished, and the connection closes with it.</summary>
    protected internal abstract bool IsClosing { get; }

    /// <summary>True when every source has spoken, so that a name that nobody knows is wrong.</summary>
    protected internal abstract bool AllSourcesSpoke { get; }

    /// <summary>Where a request goes: by route or host rule, else the listener's own service; or to a fallback of that.</summary>
    protected internal abstract RouteMatch Match(in RouteRequest request);

    /// <summary>True when what the peer says of its client is believed.</summary>
    protected internal abstract bool IsTrusted(IPAddress? peer);

    /// <summary>
    /// Takes over a connection that asks for something that the reactor does not do, with what has been read of it. It is
    /// counted in until whoever takes it over counts it out.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="source">The client: by the PROXY header, which has been taken off, else by the socket; null on a Unix socket.</param>
    /// <param name="destination">What the client connected to, likewise.</param>
    /// <param name="received">What has been read and not used.</param>
    protected internal abstract void HandOver(SafeSocketHandle connection, IPEndPoint? source, IPEndPoint? destination, byte[] received);

    /// <summary>
    /// The answer to a request acknowledges it, too: the segment that the kernel would send for that when the first request of
    /// a connection is read is saved (HAProxy calls it tcp-smart-accept). <see cref="HttpConnection"/> asks for it when
    /// a request is not there at once.
    /// </summary>
    internal sealed override void Tune(int descriptor, bool isOurs) => TcpOptions.AcknowledgeAtOnce(descriptor, !isOurs);

    internal sealed override ILoopTask Open(EventLoop loop, int descriptor, IPAddress? peer) => new HttpConnection(loop.Http, this, descriptor, peer);
}
