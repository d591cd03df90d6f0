using System.Net;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor;

/// <summary>
/// What a <see cref="ReactorListener"/> and its connections need to know of the program around the reactor. Called on the
/// loops' threads, by several at once: must not block.
/// </summary>
public abstract class ConnectionHost
{
    /// <summary>
    /// Counts another connection in; false when no more may be open now. Whoever makes room after that calls
    /// <see cref="ReactorListener.Resume"/>.
    /// </summary>
    protected internal abstract bool TryEnter();

    /// <summary>Counts another connection in, whatever the limits: it would be reset otherwise.</summary>
    protected internal abstract void Enter();

    /// <summary>A connection that was counted in has ended without having been handed over, or did not come.</summary>
    protected internal abstract void Leave();

    /// <summary>No connection can be accepted, for want of descriptors or memory; it is tried again in a moment.</summary>
    protected internal abstract void AcceptFailed(string error);

    /// <summary>True when connections begin with a PROXY header, which only <see cref="MaySendProxyHeader"/> may send.</summary>
    protected internal abstract bool RequiresProxyHeader { get; }

    /// <summary>True when the peer's PROXY header is believed.</summary>
    protected internal abstract bool MaySendProxyHeader(IPAddress? peer);

    /// <summary>The connection is closed for its PROXY header, or for who sent it.</summary>
    protected internal abstract void ProxyHeaderRefused(IPAddress? peer, string problem);

    /// <summary>Sets options that accepted connections inherit, or takes them back.</summary>
    /// <param name="descriptor">A listening socket.</param>
    /// <param name="isOurs">False when it goes on elsewhere.</param>
    internal virtual void Tune(int descriptor, bool isOurs)
    {
    }

    /// <summary>A connection for a loop, which runs what is returned to begin to serve it.</summary>
    /// <param name="loop">Whose connection it is.</param>
    /// <param name="descriptor">A connected socket, non-blocking; the connection's from here on.</param>
    /// <param name="peer">The client's address; null on a Unix socket.</param>
    internal abstract ILoopTask Open(EventLoop loop, int descriptor, IPAddress? peer);
}
