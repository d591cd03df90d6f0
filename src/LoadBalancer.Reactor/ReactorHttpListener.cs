using System.Net;
using LoadBalancer.Core.Routing;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor;

/// <summary>A listener for HTTP/1.1: what its connections need to know of the program around the reactor.</summary>
public abstract class ReactorHttpListener : ReactorListener
{
    /// <summary>True when every source has spoken, so that a name that nobody knows is wrong.</summary>
    protected internal abstract bool AllSourcesSpoke { get; }

    /// <summary>Where a request goes: by route or host rule, else the listener's own service.</summary>
    protected internal abstract RouteMatch Match(in RouteRequest request);

    /// <summary>True when what the peer says of its client is believed.</summary>
    protected internal abstract bool IsTrusted(IPAddress? peer);

    /// <summary>
    /// Takes over a connection that asks for something that the reactor does not do, with what has been read of it. Called on
    /// a loop's thread: must not block.
    /// </summary>
    protected internal abstract void HandOver(int descriptor, byte[] received);

    /// <summary>The connection that was handed over has ended.</summary>
    public void HandedOverEnded() => Ended();

    internal override void Serve(EventLoop loop, int descriptor, IPEndPoint? peer) => loop.Http.Open(this, descriptor, peer);
}
