using System.Net;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor;

/// <summary>A listener for TCP: what its connections need to know of the program around the reactor.</summary>
public abstract class ReactorTcpListener : ReactorListener
{
    /// <summary>How long a connection may carry nothing in both directions.</summary>
    protected internal abstract TimeSpan IdleTimeout { get; }

    /// <summary>Where connections go; null while no source names the service.</summary>
    protected internal abstract Service? Service { get; }

    /// <summary>A connection was closed because nobody takes it.</summary>
    protected internal abstract void Refused(Service service, Refusal refusal);

    /// <summary>Takes over a connection that the reactor cannot serve. Called on a loop's thread: must not block.</summary>
    protected internal abstract void HandOver(int descriptor);

    internal override void Serve(EventLoop loop, int descriptor, IPEndPoint? peer) => loop.Tcp.Open(this, descriptor, peer?.Address);
}
