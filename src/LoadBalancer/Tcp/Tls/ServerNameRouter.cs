using System.Net;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;

namespace LoadBalancer.Tcp.Tls;

/// <summary>
/// The connections of a TLS listener go by the server name of their ClientHello, as requests go by their Host: a route, else
/// the host rule, else the listener's service. Nothing is decrypted.
/// </summary>
internal sealed class ServerNameRouter(Catalog catalog, Func<Router> router, FirstWord firstWord, TcpLog log) : TcpRouter(catalog, firstWord, log)
{
    private readonly FirstWord _firstWord = firstWord;

    public override bool ReadsServerName => true;

    /// <remarks>Who comes before every source has spoken waits for a match.</remarks>
    public override bool TryMatch(ListenerSettings settings, string serverName, IPAddress? client, long since, out RouteMatch match)
    {
        match = default;
        // Before the look: what a source says in between is seen by the next one.
        var mayCome = serverName.Length > 0 && _firstWord.MayName(since);
        var (name, tag) = Match(serverName, client);
        if (name is null && mayCome)
        {
            return false;
        }
        name ??= settings.Service;
        return name is null || TryFind(settings, name, tag, since, out match);
    }

    /// <summary>Routes that ask for more than a host match nothing: there is no path, method or header field to see.</summary>
    private (string? Service, string Tag) Match(string serverName, IPAddress? client)
    {
        if (serverName.Length == 0)
        {
            return (null, "");
        }
        var match = router().Match(new RouteRequest(serverName, path: default, method: default, headers: null) { Keys = new ConnectionKeys(client) });
        return (match.ServiceName, match.Tag.ToString());
    }
}
