using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Tcp;

namespace LoadBalancer.Reactor;

/// <summary>What a client's TCP connection needs to know of the program around the reactor. Called on a loop's thread: must not block.</summary>
public abstract class TcpConnectionHost : ConnectionHost
{
    /// <summary>
    /// Looks for the service that the connection goes to, or a fallback of it. False: none is known yet, but a source may still
    /// name it, so ask again in a moment.
    /// </summary>
    /// <param name="since">The timestamp since which the connection waits for that.</param>
    /// <param name="service">The service; null when nobody knows it, which has been said where that is to be said.</param>
    protected internal abstract bool TryFind(long since, out Service? service);

    /// <summary>
    /// Takes over a connection whose service asks for something that the reactor does not do. Nothing of it has been read or
    /// counted; it is counted in until whoever takes it over counts it out.
    /// </summary>
    protected internal abstract void HandOver(SafeSocketHandle connection);

    /// <summary>The guard of the service lets it not in; it is closed.</summary>
    protected internal abstract void Refused(Service service, GuardAnswer answer);

    /// <summary>An endpoint does not take the connection; another one may.</summary>
    /// <param name="endpoint">Which.</param>
    /// <param name="error">What the kernel said, or "timeout".</param>
    protected internal abstract void ConnectFailed(Endpoint endpoint, string error);

    /// <summary>No endpoint of the service takes the connection; it is closed.</summary>
    protected internal abstract void NoEndpoint(Service service, Refusal refusal);

    internal sealed override ILoopTask Open(EventLoop loop, int descriptor, IPAddress? peer) => new TcpConnection(loop, this, descriptor, peer);
}
