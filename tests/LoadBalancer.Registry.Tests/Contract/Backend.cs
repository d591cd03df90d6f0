using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace LoadBalancer.Registry.Tests.Contract;

/// <summary>A web server whose status a test turns.</summary>
public sealed class Backend : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile int _status = 200;
    private volatile string _lastRequest = "";

    private Backend()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            _lastRequest = $"{context.Request.Method} {context.Request.Path} {context.Request.Headers["X-Probe"].ToString().Replace(" ", "", StringComparison.Ordinal)} {await body.ReadToEndAsync()}";
            context.Response.StatusCode = _status;
        });
    }

    public Uri Address => new(_app.Urls.First() + "/");

    public int Status
    {
        set => _status = value;
    }

    /// <summary>Method, path, the header X-Probe and the body.</summary>
    public string LastRequest => _lastRequest;

    public static async Task<Backend> StartAsync()
    {
        var backend = new Backend();
        await backend._app.StartAsync();
        return backend;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
