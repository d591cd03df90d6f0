using System.Net.Sockets;
using LoadBalancer.Listeners;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Tcp;

/// <summary>All connections of a TCP listener go to its service.</summary>
internal sealed partial class ListenerRouter(FirstWord firstWord, ILogger<ListenerRouter> logger) : ITcpRouter
{
    public async ValueTask<TcpRoute?> FindAsync(Socket client, ListenerSettings settings, ConnectionOrigin origin, CancellationToken stop)
    {
        if (await firstWord.FindAsync(settings.Service!, () => stop.IsCancellationRequested).ConfigureAwait(false) is { } service)
        {
            return new TcpRoute(service, "", default);
        }
        LogUnknownService(logger, settings.Name, settings.Service);
        return null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "listener {Listener}: no source names the service {Service}; connection closed")]
    internal static partial void LogUnknownService(ILogger logger, string listener, string? service);
}
