using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.TestSupport;

/// <summary>
/// An instance of a service: a real web server on a port of loopback whose answers say who answers to what:
/// <c>id host path</c>. The service is what stands before the last "-" of the id.
/// </summary>
public sealed class Instance : IAsyncDisposable
{
    private readonly TimeSpan _delay;
    private WebApplication? _server;
    private long _requests;
    private long _lastRequest;

    private Instance(string id, int port, TimeSpan delay)
    {
        Id = id;
        Port = port;
        _delay = delay;
    }

    public string Id { get; }

    public string Service => Id[..Id.LastIndexOf('-')];

    public int Port { get; }

    /// <summary>How many requests came, those for /health apart.</summary>
    public long Requests => Volatile.Read(ref _requests);

    /// <summary>What /health answers, whatever the other paths do.</summary>
    public int HealthStatus { get; set; } = 200;

    /// <summary>No answer is given before this has ended.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>When the last of them came, as a timestamp of <see cref="Stopwatch"/>.</summary>
    public long LastRequest => Volatile.Read(ref _lastRequest);

    /// <param name="id">Its id, like "api-1".</param>
    /// <param name="port">Where it listens; a free port when absent.</param>
    /// <param name="delay">How long each answer takes.</param>
    public static async Task<Instance> StartAsync(string id, int? port = null, TimeSpan delay = default)
    {
        var instance = new Instance(id, port ?? Ports.Free(), delay);
        await instance.StartAgainAsync();
        return instance;
    }

    /// <summary>Listens again on the former port.</summary>
    public async Task StartAgainAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, Port));
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Run(AnswerAsync);
        await _server.StartAsync();
    }

    /// <summary>Refuses connections from now on.</summary>
    public async Task StopAsync()
    {
        if (_server is not null)
        {
            using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            await _server.StopAsync(now.Token);
            await _server.DisposeAsync();
            _server = null;
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/health")
        {
            context.Response.StatusCode = HealthStatus;
        }
        else
        {
            Volatile.Write(ref _lastRequest, Stopwatch.GetTimestamp());
            Interlocked.Increment(ref _requests);
        }
        await Gate;
        if (_delay > TimeSpan.Zero)
        {
            await Task.Delay(_delay, context.RequestAborted);
        }
        var text = $"{Id} {context.Request.Host} {context.Request.Path}\n";
        context.Response.ContentLength = text.Length;
        await context.Response.WriteAsync(text, context.RequestAborted);
    }
}
