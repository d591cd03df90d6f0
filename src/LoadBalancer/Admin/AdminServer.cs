using System.Net.Sockets;
using System.Text.Json;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Model;
using LoadBalancer.Http;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Admin;

/// <summary>
/// The admin interface: /healthz (the process lives), /readyz (it can serve), /api/services (what it knows). On an address
/// of its own, never on a listener.
/// </summary>
internal sealed class AdminServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AdminServer(WebApplication app) => _app = app;

    /// <exception cref="ListenerBindException">The address is taken or not to be had.</exception>
    public static async Task<AdminServer> StartAsync(BindAddress bind, Catalog catalog, Func<Readiness> readiness, TimeProvider time, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Listen(bind.EndPoint);
        });
        // Bound here, so that a taken address is an error that names the key and nothing else.
        var socket = Bind(bind);
        builder.Services.Configure<SocketTransportOptions>(options => options.CreateBoundListenSocket = _ => socket);
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var app = builder.Build();
        app.Run(context => AnswerAsync(context, catalog, readiness, time));
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        return new AdminServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private static Task AnswerAsync(HttpContext context, Catalog catalog, Func<Readiness> readiness, TimeProvider time)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return TextAsync(context, StatusCodes.Status405MethodNotAllowed, "only GET is answered here");
        }
        const string services = "/api/services";
        var path = context.Request.Path.Value ?? "/";
        switch (path)
        {
            case "/healthz":
                return TextAsync(context, StatusCodes.Status200OK, "ok");
            case "/readyz":
                var now = readiness();
                return TextAsync(context, now.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, now.Reason);
            case services:
                return JsonAsync(context, [.. catalog.Services.OrderBy(static service => service.Name, StringComparer.Ordinal).Select(service => ServiceView.Of(service, catalog, time.GetUtcNow()))]);
            case "/":
                return TextAsync(context, StatusCodes.Status200OK, "lb\n\n/healthz        the process lives\n/readyz         it can serve\n/api/services   every service with its endpoints; /api/services/<name> for one");
        }
        if (path.StartsWith(services + "/", StringComparison.Ordinal))
        {
            return catalog.Find(path.AsSpan(services.Length + 1)) is { } service
                ? JsonAsync(context, ServiceView.Of(service, catalog, time.GetUtcNow()))
                : TextAsync(context, StatusCodes.Status404NotFound, "no source names this service; /api/services lists all");
        }
        return TextAsync(context, StatusCodes.Status404NotFound, "not here; / lists what is");
    }

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    private static Task JsonAsync(HttpContext context, IReadOnlyList<ServiceView> view)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(context.Response.Body, view, AdminJson.Readable.IReadOnlyListServiceView, context.RequestAborted);
    }

    private static Task JsonAsync(HttpContext context, ServiceView view)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(context.Response.Body, view, AdminJson.Readable.ServiceView, context.RequestAborted);
    }

    private static Socket Bind(BindAddress bind)
    {
        try
        {
            return Sockets.Listen(bind, backlog: 128);
        }
        catch (SocketException e)
        {
            throw new ListenerBindException("admin.bind", bind, e);
        }
    }
}
