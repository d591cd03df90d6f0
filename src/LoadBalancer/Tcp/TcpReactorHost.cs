using System.Net;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;
using LoadBalancer.Reactor;

namespace LoadBalancer.Tcp;

/// <summary>The rest of the program as a TCP or TLS listener's connections on the reactor see it.</summary>
internal sealed class TcpReactorHost(TcpReactorEngine engine, Listener listener) : TcpConnectionHost
{
    private readonly ConnectionBudget? _budget = listener.Settings.Budget;

    protected override bool ReadsServerName => engine.Router.ReadsServerName;

    protected override bool RequiresProxyHeader => listener.Settings.RequiresProxyHeader;

    protected override bool TryEnter() => listener.TryEnter(_budget);

    protected override void Enter() => listener.Enter(_budget);

    protected override void Leave() => listener.Leave(_budget);

    protected override void AcceptFailed(string error) => listener.AcceptFailed(error);

    protected override bool MaySendProxyHeader(IPAddress? peer) => listener.Settings.MaySendProxyHeader(peer);

    protected override void ProxyHeaderRefused(IPAddress? peer, string problem) => listener.ProxyHeaderRefused(peer, problem);

    protected override void HelloRefused(IPEndPoint? client, string? problem) => engine.Log.HelloRefused(listener.Settings.Name, client, problem);

    protected override bool TryMatch(string serverName, IPAddress? client, long since, out RouteMatch match) =>
        engine.Router.TryMatch(listener.Settings, serverName, client, since, out match);

    protected override void NoRoute(IPEndPoint? client, string serverName) => engine.Log.NoRoute(listener.Settings.Name, client, serverName);

    protected override void Refused(Service service, GuardAnswer answer) => engine.Log.Refused(listener.Settings.Name, service, answer);

    protected override void ConnectFailed(Endpoint endpoint, string error) => engine.Log.ConnectFailed(endpoint, error);

    protected override void NoEndpoint(Service service, Refusal refusal) => engine.Log.NoEndpoint(listener.Settings.Name, service, refusal);
}
