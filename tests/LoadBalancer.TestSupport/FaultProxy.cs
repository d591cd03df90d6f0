using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.TestSupport;

/// <summary>A real HTTP server in front of a real agent that misbehaves on demand.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly HttpClient _agent;
    private volatile Fault _fault;
    private int _requests;

    private FaultProxy(WebApplication server, HttpClient agent)
    {
        _server = server;
        _agent = agent;
    }

    public Fault Fault
    {
        get => _fault;
        set => _fault = value;
    }

    /// <summary>Only requests whose path begins so suffer the fault.</summary>
    public string Only { get; set; } = "/";

    /// <summary>How many requests came so far.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public Uri Address => new(_server.Urls.Single());

    public static async Task<FaultProxy> StartAsync(Uri agent)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var proxy = new FaultProxy(builder.Build(), new HttpClient { BaseAddress = agent });
        proxy._server.Run(proxy.HandleAsync);
        await proxy._server.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(now.Token);
        await _server.DisposeAsync();
        _agent.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            await AnswerAsync(context);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException)
        {
            context.Abort();
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (_fault == Fault.SilentWatches && context.Request.Query.ContainsKey("index"))
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }
        using var request = new HttpRequestMessage(new(context.Request.Method), context.Request.Path.Value + context.Request.QueryString);
        using var response = await _agent.SendAsync(request, context.RequestAborted);
        var body = await response.Content.ReadAsByteArrayAsync(context.RequestAborted);
        // What it is when the answer comes: a watch that began in good times ends in bad ones.
        var fault = context.Request.Path.StartsWithSegments(Only.TrimEnd('/')) ? _fault : Fault.None;
        context.Response.StatusCode = fault == Fault.ServerError ? 500 : (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Where(header => header.Key.StartsWith("X-Consul", StringComparison.OrdinalIgnoreCase)))
        {
            if (fault != Fault.NoIndex || name != "X-Consul-Index")
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }
        switch (fault)
        {
            case Fault.ServerError:
                body = "rpc error: No cluster leader"u8.ToArray();
                break;
            case Fault.Malformed:
                body = "<html>[]"u8.ToArray();
                break;
            case Fault.WrongShape:
                body = """[{"Node":null}]"""u8.ToArray();
                break;
            case Fault.NoLeader:
                context.Response.Headers["X-Consul-KnownLeader"] = "false";
                break;
            case Fault.Truncated:
                context.Response.ContentLength = body.Length + 100;
                await context.Response.Body.WriteAsync(body);
                await context.Response.Body.FlushAsync();
                context.Abort();
                return;
            case Fault.Drop:
                context.Abort();
                return;
            default:
                break;
        }
        await context.Response.Body.WriteAsync(body);
    }
}
