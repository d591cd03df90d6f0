using System.Globalization;
using System.Net;
using LoadBalancer.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>A real web server on a port of loopback, to be checked.</summary>
internal sealed class WebSubject : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _connections;
    private int _open;

    private WebSubject(RequestDelegate handler, HttpProtocols protocols)
    {
        Port = Ports.Free();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, Port, listen =>
        {
            listen.Protocols = protocols;
            listen.Use(CountAsync);
        }));
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Run(handler);
    }

    public int Port { get; }

    /// <summary>"127.0.0.1:port".</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Connections that it ever got.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Connections that are open.</summary>
    public int Open => Volatile.Read(ref _open);

    public static async Task<WebSubject> StartAsync(RequestDelegate handler, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var subject = new WebSubject(handler, protocols);
        await subject._app.StartAsync();
        return subject;
    }

    /// <summary>Answers with a status and a text.</summary>
    public static Task<WebSubject> AnsweringAsync(int status, string body = "") => StartAsync(context =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    });

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task CountAsync(ConnectionContext connection, Func<Task> next)
    {
        Interlocked.Increment(ref _connections);
        Interlocked.Increment(ref _open);
        try
        {
            await next();
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
