using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Registry.Http;

/// <summary>The HTTP side: one Kestrel listener with Consul's paths.</summary>
internal sealed class HttpInterface : IAsyncDisposable
{
    /// <summary>Consul's limit for a value of the key/value store; no other body comes near it.</summary>
    private const long BodyLimit = 512 * 1024;

    private readonly WebApplication _app;

    private HttpInterface(WebApplication app, IPEndPoint endpoint)
    {
        _app = app;
        Endpoint = endpoint;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint { get; }

    /// <exception cref="RegistryBindException">The address cannot be had.</exception>
    public static async Task<HttpInterface> StartAsync(IPEndPoint bind, RegistryApi api, ILoggerFactory loggers, CancellationToken stopping, CancellationToken ct)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyLimit;
            kestrel.Listen(bind);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        var app = builder.Build();
        app.UseMiddleware<RefusalMiddleware>(stopping);
        app.UseRouting();
        HealthEndpoints.Map(app, api);
        CatalogEndpoints.Map(app, api);
        AgentEndpoints.Map(app, api);
        KeyValueEndpoints.Map(app, api);
        StatusEndpoints.Map(app, api);
        try
        {
            await app.StartAsync(ct);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw new RegistryBindException(bind, nameof(RegistryOptions.HttpBind), e);
        }
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return new HttpInterface(app, new IPEndPoint(bind.Address, address.Port));
    }

    public async ValueTask DisposeAsync()
    {
        // What is under way has been told to stop; whoever reads on gets a second.
        using var limit = new CancellationTokenSource();
        limit.CancelAfter(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }
}
