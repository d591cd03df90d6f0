using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;
using LoadBalancer.Reactor;
using Microsoft.Net.Http.Headers;

namespace LoadBalancer.Http;

/// <summary>The rest of the program as a listener's connections on the reactor see it.</summary>
internal sealed class ReactorHost(ReactorEngine engine, Listener listener) : HttpConnectionHost
{
    private readonly ConnectionBudget? _budget = listener.Settings.Budget;

    protected override bool IsClosing => listener.IsClosing;

    protected override bool AllSourcesSpoke => engine.AllSourcesSpoke;

    protected override bool TryEnter() => listener.TryEnter(_budget);

    protected override void Enter() => listener.Enter(_budget);

    protected override void Leave() => listener.Leave(_budget);

    protected override void AcceptFailed(string error) => listener.AcceptFailed(error);

    protected override RouteMatch Match(in RouteRequest request)
    {
        var match = engine.Router.Match(request);
        if (!match.IsMatch && listener.Settings.Service is { } otherwise)
        {
            match = new RouteMatch(engine.Catalog.Find(otherwise), otherwise, default);
        }
        if (match.Service is not { Snapshot: { FallsBack: true } snapshot } service || HasSession(request, snapshot, match.Tag))
        {
            return match;
        }
        var tag = match.Tag;
        var fallback = Fallbacks.Find(service, engine.Catalog, ref tag);
        return fallback == service ? match : new RouteMatch(fallback, fallback.Name, tag) { Mirror = match.Mirror, FallbackOf = service };
    }

    /// <summary>True for a client whose cookie names an endpoint that still keeps its sessions: no fallback knows them.</summary>
    private static bool HasSession(in RouteRequest request, ServiceSnapshot snapshot, ReadOnlySpan<char> tag) =>
        snapshot.Sticky is { } sticky && sticky.Read(request.Headers?.Find(HeaderNames.Cookie)) is { } token && sticky.Find(token, tag.ToString()) is not null;

    protected override bool IsTrusted(IPAddress? peer) => listener.Settings.Trusted.Contains(peer);

    protected override bool RequiresProxyHeader => listener.Settings.RequiresProxyHeader;

    protected override bool MaySendProxyHeader(IPAddress? peer) => listener.Settings.MaySendProxyHeader(peer);

    protected override void ProxyHeaderRefused(IPAddress? peer, string problem) => listener.ProxyHeaderRefused(peer, problem);

    protected override void HandOver(SafeSocketHandle connection, IPEndPoint? source, IPEndPoint? destination, byte[] received) =>
        _ = HandOverAsync(connection, source is null ? null : new ConnectionOrigin(source, destination), received);

    private async Task HandOverAsync(SafeSocketHandle connection, ConnectionOrigin? origin, byte[] received)
    {
        listener.CountHandOver();
        // Off the loop's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await engine.HandOverAsync(new Socket(connection), listener, origin, received).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            listener.Failed(e);
            connection.Dispose();
        }
        finally
        {
            Leave();
        }
    }
}
