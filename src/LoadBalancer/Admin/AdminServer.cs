using System.Net.Sockets;
using LoadBalancer.Admin.Orders;
using LoadBalancer.Core.Model;
using LoadBalancer.Http.Handover;
using LoadBalancer.Listeners;
using LoadBalancer.Registry.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Admin;

/// <summary>
/// The admin interface: /healthz (the process lives), /readyz (it can serve), /api/listeners (where it accepts),
/// /api/services (what it knows, and the operator's orders). It has an address of its own, on a <see cref="Listener"/> like any other, so that a new configuration
/// may move it anywhere.
/// </summary>
internal sealed class AdminServer : IConnectionHandler, IAsyncDisposable
{
    private const string Services = "/api/services";

    /// <summary>Nothing that is sent here is larger.</summary>
    private const int MaxBody = 64 * 1024;

    private readonly HandoverListenerFactory _handover = new();
    private readonly SocketConnectionContextFactory _contexts;
    private readonly WebApplication _app;
    private readonly Catalog _catalog;
    private readonly ListenerSet _listeners;
    private readonly Func<Readiness> _readiness;
    private readonly OrderApi _orders;
    private readonly TimeProvider _time;

    public AdminServer(Catalog catalog, ListenerSet listeners, Func<Readiness> readiness, OrderApi orders, TimeProvider time, ILoggerFactory loggers)
    {
        _catalog = catalog;
        _listeners = listeners;
        _readiness = readiness;
        _orders = orders;
        _time = time;
        _contexts = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), loggers.CreateLogger<SocketConnectionContextFactory>());
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = MaxBody;
            options.Listen(new HandoverEndPoint(HttpProtocols.Http1), static listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(_handover);
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public Task StartAsync() => _app.StartAsync();

    public async Task HandleAsync(Socket connection, Listener listener)
    {
        var context = _contexts.Create(connection);
        context.Features.Set(listener);
        if (!await _handover.For(HttpProtocols.Http1).TryRunAsync(context).ConfigureAwait(false))
        {
            await context.DisposeAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _contexts.Dispose();
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Features.Get<Listener>() is { IsClosing: true })
        {
            context.Response.Headers.Connection = "close";
        }
        if (OrderPath.Parse(context.Features.Get<IHttpRequestFeature>()!.RawTarget) is { } order)
        {
            return _orders.AnswerAsync(context, order);
        }
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            return AdminAnswers.NotAllowedAsync(context, "GET, HEAD");
        }
        var path = context.Request.Path.Value ?? "/";
        switch (path)
        {
            case "/healthz":
                return AdminAnswers.TextAsync(context, StatusCodes.Status200OK, "ok");
            case "/readyz":
                var now = _readiness();
                return AdminAnswers.TextAsync(context, now.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, now.Reason);
            case Services:
                var services = _catalog.Services.OrderBy(static service => service.Name, StringComparer.Ordinal);
                return AdminAnswers.JsonAsync(context, [.. services.Select(service => ServiceView.Of(service, _catalog, _time.GetUtcNow()))], AdminJson.Readable.IReadOnlyListServiceView);
            case "/api/listeners":
                var listeners = _listeners.Current.OrderBy(static listener => listener.Settings.Name, StringComparer.Ordinal);
                return AdminAnswers.JsonAsync(context, [.. listeners.Select(ListenerView.Of)], AdminJson.Readable.IReadOnlyListListenerView);
            case "/":
                return AdminAnswers.TextAsync(context, StatusCodes.Status200OK, Index);
        }
        if (path.StartsWith(Services + "/", StringComparison.Ordinal))
        {
            return _catalog.Find(path.AsSpan(Services.Length + 1)) is { } service
                ? AdminAnswers.JsonAsync(context, ServiceView.Of(service, _catalog, _time.GetUtcNow()), AdminJson.Readable.ServiceView)
                : AdminAnswers.TextAsync(context, StatusCodes.Status404NotFound, "no source names this service; /api/services lists all");
        }
        return AdminAnswers.TextAsync(context, StatusCodes.Status404NotFound, "not here; / lists what is");
    }

    private const string Index = """
        lb

        /healthz        the process lives
        /readyz         it can serve
        /api/listeners  every address that it accepts on
        /api/services   every service with its endpoints; /api/services/<name> for one
        /api/services/<name>/endpoints/<endpoint>/order
                        PUT { "state": "drain" } (ready, drain, maint; "weight" where wanted), DELETE takes it back
        """;
}
