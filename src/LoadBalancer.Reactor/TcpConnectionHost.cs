using System.Net;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Routing;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Tcp;

namespace LoadBalancer.Reactor;

/// <summary>What a client's TCP connection needs to know of the program around the reactor. Called on a loop's thread: must not block.</summary>
public abstract class TcpConnectionHost : ConnectionHost
{
    /// <summary>True when connections begin with a ClientHello, by whose server name they go.</summary>
    protected internal abstract bool ReadsServerName { get; }

    /// <summary>How long a PROXY header may take, and then a ClientHello.</summary>
    protected internal virtual TimeSpan PrefaceTimeout => PrefaceLimit.Default;

    /// <summary>The connection does not begin with a ClientHello, or with none in time; it is closed.</summary>
    /// <param name="client">Whose; null on a Unix socket.</param>
    /// <param name="problem">What is wrong.</param>
    protected internal abstract void HelloRefused(IPEndPoint? client, string? problem);

    /// <summary>
    /// Looks for the service that the connection goes to, or a fallback of it. False: none is known yet, but a source may still
    /// name it, so ask again in a moment.
    /// </summary>
    /// <param name="serverName">The server name of its ClientHello; empty for none.</param>
    /// <param name="client">The client's address; null on a Unix socket.</param>
    /// <param name="since">The timestamp since which the connection waits for that.</param>
    /// <param name="match">
    /// Where it goes. Without a service nobody knows that, which has been said where that is to be said; none when nothing
    /// leads it anywhere, which is told by <see cref="NoRoute"/>.
    /// </param>
    protected internal abstract bool TryMatch(string serverName, IPAddress? client, long since, out RouteMatch match);

    /// <summary>Nothing leads the connection anywhere; it is closed.</summary>
    protected internal abstract void NoRoute(IPEndPoint? client, string serverName);

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
