using System.Collections.Concurrent;
using System.Net;
using LoadBalancer.Core.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>
/// A backend on another parser than the reactor's: what it makes of the bytes that it gets is what a real backend would.
/// Answers with what it got.
/// </summary>
internal sealed class RecordingBackend : IAsyncDisposable
{
    /// <summary>A field by which its answers are told from all others.</summary>
    public const string Mark = "X-Backend";

    private readonly WebApplication _app;

    private RecordingBackend(WebApplication app) => _app = app;

    public int Port { get; private set; }

    /// <summary>What came: method, host and path as the reactor's host records them.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public static async Task<RecordingBackend> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
            kestrel.Limits.MaxRequestHeadersTotalSize = 256 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 1000;
            kestrel.Limits.MaxRequestLineSize = 64 * 1024;
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        var backend = new RecordingBackend(builder.Build());
        backend._app.Run(backend.AnswerAsync);
        await backend._app.StartAsync();
        backend.Port = new Uri(backend._app.Urls.Single()).Port;
        return backend;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Requests.Enqueue($"{context.Request.Method} {HostName.Of(context.Request.Host.Value)} {context.Request.Path.Value}");
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var trailers = context.Features.Get<IHttpRequestTrailersFeature>() is { Available: true } feature ? feature.Trailers : new HeaderDictionary();
        var rest = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var text = $"{context.Request.Method} {rest} x={context.Request.Headers["X-A"]} t={trailers["A"]} {body.Length}\n{System.Text.Encoding.Latin1.GetString(body.ToArray())}";
        context.Response.Headers[Mark] = "1";
        await context.Response.Body.WriteAsync(System.Text.Encoding.Latin1.GetBytes(text));
    }
}
