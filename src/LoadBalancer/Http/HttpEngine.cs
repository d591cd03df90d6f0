using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using LoadBalancer.Http.Handover;
using LoadBalancer.Listeners;
using LoadBalancer.Registry.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace LoadBalancer.Http;

/// <summary>
/// The kestrel engine for HTTP. Sockets are accepted by <see cref="Listener"/>s, which come and go with the configuration;
/// Kestrel runs for as long as the program and is handed each connection in process, sorted by protocol.
/// </summary>
internal sealed partial class HttpEngine : IConnectionHandler, IAsyncDisposable
{
    /// <summary>How long a connection may be open before its first byte.</summary>
    private static readonly TimeSpan s_firstByte = TimeSpan.FromMinutes(2);

    private readonly HandoverListenerFactory _handover = new();
    private readonly ConcurrentDictionary<ConnectionContext, bool> _undecided = new();
    private readonly WebApplication _app;
    private readonly SocketConnectionContextFactory _contexts;
    private readonly ProxyHeaders _headers;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public HttpEngine(Func<IHttpForwarder, HttpProxy> proxy, TimeProvider time, ILoggerFactory loggers)
    {
        _time = time;
        _headers = new ProxyHeaders(time);
        _logger = loggers.CreateLogger<HttpEngine>();
        _contexts = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), loggers.CreateLogger<SocketConnectionContextFactory>());
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(_handover);
        // How long stopping may take is said by who stops.
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.Services.AddHttpForwarder();
        _app = builder.Build();
        var handler = proxy(_app.Services.GetRequiredService<IHttpForwarder>());
        _app.Run(handler.HandleAsync);
    }

    public Task StartAsync() => _app.StartAsync();

    /// <summary>
    /// Lets requests that run finish until <paramref name="deadline"/> fires and closes idle connections at once. No
    /// listener may hand over connections any more.
    /// </summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (var connection in _undecided.Keys)
        {
            // Without a byte so far: nothing is lost.
            connection.Abort();
        }
        await _app.StopAsync(deadline).ConfigureAwait(false);
    }

    public async Task HandleAsync(Socket connection, Listener listener)
    {
        if (await _headers.ReceiveAsync(connection, listener, _stopping.Token).ConfigureAwait(false) is { } origin)
        {
            await HandleAsync(connection, listener, origin, []).ConfigureAwait(false);
        }
        else
        {
            connection.Dispose();
        }
    }

    /// <summary>Serves a connection of which its PROXY header and <paramref name="received"/> have been read already.</summary>
    public async Task HandleAsync(Socket connection, Listener listener, ConnectionOrigin origin, byte[] received)
    {
        var context = new ClientConnection(_contexts.Create(connection));
        context.RemoteEndPoint = origin.Source;
        context.LocalEndPoint = origin.Destination;
        if (received.Length > 0)
        {
            context.Transport = new ReadAgain(received, context.Transport);
        }
        context.Features.Set(context);
        context.Features.Set(listener);
        using var own = new OwnConnections(origin.Header, _time);
        context.Features.Set(own);
        try
        {
            if (await IsHttp2Async(context).ConfigureAwait(false) is { } isHttp2
                && await _handover.For(isHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1).TryRunAsync(context).ConfigureAwait(false))
            {
                return;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            LogEndedEarly(_logger, listener.Settings.Name, e.Message);
        }
        await context.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync().ConfigureAwait(false);
        _contexts.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Looks at the first bytes without consuming them; null when the client leaves or stays silent for too long.</summary>
    private async Task<bool?> IsHttp2Async(ConnectionContext context)
    {
        _undecided.TryAdd(context, true);
        try
        {
            using var limit = new CancellationTokenSource(s_firstByte, _time);
            var input = context.Transport.Input;
            while (true)
            {
                var result = await input.ReadAsync(limit.Token).ConfigureAwait(false);
                var isHttp2 = result.Buffer.IsEmpty ? null : Http2Preface.Matches(result.Buffer);
                input.AdvanceTo(result.Buffer.Start, isHttp2 is null ? result.Buffer.End : result.Buffer.Start);
                if (isHttp2 is not null || result.IsCompleted || result.IsCanceled)
                {
                    // A preface that stops half-way is no HTTP/1.1 request either; Kestrel says so to the client.
                    return isHttp2 ?? (result.Buffer.IsEmpty ? null : false);
                }
            }
        }
        finally
        {
            _undecided.TryRemove(context, out _);
        }
    }

    private static void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        // Header values are bytes to a proxy: Latin-1 passes every one of them unchanged.
        options.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        options.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        // RFC 9112 section 3.2.2: the authority of an absolute target counts, not the Host field beside it.
        options.AllowHostHeaderOverride = true;
        // The endpoint decides how large a body it takes, timeouts.idle of the service how slowly it may move: streams
        // may pause for longer than Kestrel's limits allow.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
        foreach (var protocol in (HttpProtocols[])[HttpProtocols.Http1, HttpProtocols.Http2])
        {
            options.Listen(new HandoverEndPoint(protocol), listen => listen.Protocols = protocol);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "listener {Listener}: a connection ended before its first request: {Error}")]
    private static partial void LogEndedEarly(ILogger logger, string listener, string error);
}
