using System.Net.Sockets;
using LoadBalancer.Listeners;

namespace LoadBalancer.Tcp;

/// <summary>All connections of a TCP listener go to its service.</summary>
internal sealed class ListenerRouter(FirstWord firstWord, TcpLog log) : ITcpRouter
{
    public async ValueTask<TcpRoute?> FindAsync(Socket client, ListenerSettings settings, ConnectionOrigin origin, CancellationToken stop)
    {
        if (await firstWord.FindAsync(settings.Service!, () => stop.IsCancellationRequested).ConfigureAwait(false) is { } service)
        {
            return new TcpRoute(service, "", default);
        }
        log.UnknownService(settings.Name, settings.Service!);
        return null;
    }
}
