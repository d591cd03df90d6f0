using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;
using LoadBalancer.Reactor;

namespace LoadBalancer.Benchmarks;

/// <summary>Sends every request to one service.</summary>
internal sealed class BenchmarkHost(Service service) : HttpConnectionHost
{
    protected override bool IsClosing => false;

    protected override bool AllSourcesSpoke => true;

    protected override bool RequiresProxyHeader => false;

    protected override bool TryEnter() => true;

    protected override void Enter()
    {
    }

    protected override void Leave()
    {
    }

    protected override void AcceptFailed(string error) => throw new IOException(error);

    protected override RouteMatch Match(in RouteRequest request) => new(service, service.Name, default);

    protected override bool IsTrusted(IPAddress? peer) => false;

    protected override bool MaySendProxyHeader(IPAddress? peer) => false;

    protected override void ProxyHeaderRefused(IPAddress? peer, string problem) => throw new InvalidOperationException(problem);

    protected override void HandOver(SafeSocketHandle connection, IPEndPoint? source, IPEndPoint? destination, byte[] received)
    {
        connection.Dispose();
        throw new InvalidOperationException("handed over");
    }
}
