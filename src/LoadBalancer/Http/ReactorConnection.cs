using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;
using LoadBalancer.Reactor;

namespace LoadBalancer.Http;

/// <summary>One connection on the reactor, as the rest of the program sees it.</summary>
internal sealed class ReactorConnection(ReactorEngine engine, Listener listener) : HttpConnectionHost
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the connection has ended, here or where it was handed over to.</summary>
    public Task Completion => _ended.Task;

    protected override bool IsClosing => listener.IsClosing;

    protected override bool AllSourcesSpoke => engine.AllSourcesSpoke;

    protected override RouteMatch Match(in RouteRequest request)
    {
        var match = engine.Router.Match(request);
        if (!match.IsMatch && listener.Settings.Service is { } otherwise)
        {
            match = new RouteMatch(engine.Catalog.Find(otherwise), otherwise, default);
        }
        // Who has a session at a sticky service may keep it: that engine decides which reads cookies.
        if (match.Service is not { Snapshot: { FallsBack: true, Sticky: null } } service)
        {
            return match;
        }
        var tag = match.Tag;
        var fallback = Fallbacks.Find(service, engine.Catalog, ref tag);
        if (fallback == service)
        {
            return match;
        }
        service.CountRequest();
        return new RouteMatch(fallback, fallback.Name, tag) { Mirror = match.Mirror };
    }

    protected override bool IsTrusted(IPAddress? peer) => listener.Settings.Trusted.Contains(peer);

    protected override bool RequiresProxyHeader => listener.Settings.RequiresProxyHeader;

    protected override bool MaySendProxyHeader(IPAddress? peer) => listener.Settings.MaySendProxyHeader(peer);

    protected override void ProxyHeaderRefused(IPAddress? peer, string problem) => listener.ProxyHeaderRefused(peer, problem);

    protected override void HandOver(Socket connection, IPEndPoint? source, IPEndPoint? destination, byte[] received) =>
        _ = HandOverAsync(connection, source is null ? null : new ConnectionOrigin(source, destination), received);

    protected override void Ended() => _ended.TrySetResult();

    private async Task HandOverAsync(Socket connection, ConnectionOrigin? origin, byte[] received)
    {
        // Off the loop's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await engine.HandOverAsync(connection, listener, origin, received).ConfigureAwait(false);
            _ended.TrySetResult();
        }
        catch (Exception e)
        {
            connection.Dispose();
            _ended.TrySetException(e);
        }
    }
}
