using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Tcp.Tls;

/// <summary>
/// The connections of a TLS listener go by the server name of their ClientHello, as requests go by their Host: a route, else
/// the host rule, else the listener's service. Nothing is decrypted.
/// </summary>
internal sealed partial class ServerNameRouter(Catalog catalog, Func<Router> router, FirstWord firstWord, ClientHellos hellos, TimeProvider time, TcpLog log, ILogger<ServerNameRouter> logger) : ITcpRouter
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    public async ValueTask<TcpRoute?> FindAsync(Socket client, ListenerSettings settings, ConnectionOrigin origin, CancellationToken stop)
    {
        if (await hellos.ReceiveAsync(client, settings, origin, stop).ConfigureAwait(false) is not { } hello)
        {
            return null;
        }
        var (name, tag) = await MatchAsync(hello.ServerName, origin, stop).ConfigureAwait(false);
        name ??= settings.Service;
        if (name is null)
        {
            LogNoRoute(logger, settings.Name, origin.Source, hello.ServerName);
            await (hello.ServerName.Length > 0 ? TlsAlert.UnrecognizedName : TlsAlert.MissingExtension).SendAsync(client, time, stop).ConfigureAwait(false);
            return null;
        }
        if (await firstWord.FindAsync(name, () => stop.IsCancellationRequested).ConfigureAwait(false) is { } service)
        {
            return new TcpRoute(service, tag, hello.Received);
        }
        log.UnknownService(settings.Name, name);
        return null;
    }

    /// <summary>The service that a route or the host rule leads to. Who comes before every source has spoken waits for that.</summary>
    private async ValueTask<(string? Service, string Tag)> MatchAsync(string serverName, ConnectionOrigin origin, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        while (serverName.Length > 0)
        {
            // Before the look: what a source says in between is seen by the next one.
            var mayCome = !catalog.IsReady && time.GetElapsedTime(began) < FirstWord.Patience && !stop.IsCancellationRequested;
            var found = Match(serverName, origin);
            if (found.Service is not null || !mayCome)
            {
                return found;
            }
            await Task.Delay(s_look, time, CancellationToken.None).ConfigureAwait(false);
        }
        return (null, "");
    }

    /// <summary>Routes that ask for more than a host match nothing: there is no path, method or header field to see.</summary>
    private (string? Service, string Tag) Match(string serverName, ConnectionOrigin origin)
    {
        var match = router().Match(new RouteRequest(serverName, path: default, method: default, headers: null) { Keys = new ConnectionKeys(origin.Address) });
        return (match.ServiceName, match.Tag.ToString());
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "listener {Listener}: nothing leads the connection from {Client} for \"{ServerName}\" anywhere; closed")]
    private static partial void LogNoRoute(ILogger logger, string listener, EndPoint? client, string serverName);
}
