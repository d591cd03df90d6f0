using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LoadBalancer.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoadBalancer.Commands.Demo;

/// <summary>
/// An instance of the demo's service: a web server that registers itself with a registry as any service would, with an
/// HTTP check, and that can be told to stop as if it had crashed.
/// </summary>
internal sealed class DemoInstance : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _id;

    private DemoInstance(string id)
    {
        _id = id;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static options => options.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>The port of 127.0.0.1 that it listens on.</summary>
    public int Port { get; private set; }

    /// <summary>Starts it and registers it.</summary>
    /// <param name="id">Its id; the service's name is what stands before the last "-".</param>
    /// <param name="registry">The registry's HTTP interface.</param>
    public static async Task<DemoInstance> StartAsync(string id, Uri registry)
    {
        var instance = new DemoInstance(id);
        await instance._app.StartAsync().ConfigureAwait(false);
        var address = instance._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        instance.Port = new Uri(address).Port;
        using var client = new HttpClient { BaseAddress = registry };
        var registration = new JsonObject
        {
            ["ID"] = id,
            ["Name"] = id[..id.LastIndexOf('-')],
            ["Address"] = "127.0.0.1",
            [nameof(Port)] = instance.Port,
            ["Check"] = new JsonObject
            {
                ["HTTP"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{instance.Port}/health"),
                ["Interval"] = "1s",
                ["Timeout"] = "1s",
            },
        };
        using var response = await client.PutAsJsonAsync(new Uri("v1/agent/service/register", UriKind.Relative), registration).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        return instance;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync().ConfigureAwait(false);

    private async Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain";
        if (context.Request.Path == "/stop" && HttpMethods.IsPost(context.Request.Method))
        {
            await context.Response.WriteAsync($"{_id} stops\n", context.RequestAborted).ConfigureAwait(false);
            // Not waited for: stopping waits for this very answer.
            _ = _app.StopAsync();
            return;
        }
        await context.Response.WriteAsync(context.Request.Path == "/health" ? "ok\n" : $"{_id} answers, from port {Port}\n", context.RequestAborted).ConfigureAwait(false);
    }
}
