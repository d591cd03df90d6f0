using System.Net;
using LoadBalancer.Discovery.Consul;
using LoadBalancer.Registry.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Commands.Demo;

/// <summary>
/// An instance of a demo's service: a web server that keeps itself registered as a good service does, with an HTTP check,
/// and that can be told to stop as if it had crashed.
/// </summary>
internal sealed class DemoInstance : IAsyncDisposable
{
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _ending = new();
    private ConsulClient? _client;
    private ConsulRegistration? _registration;
    private Task _registering = Task.CompletedTask;

    private DemoInstance(string name, IPEndPoint bind, TimeProvider time)
    {
        _name = name;
        _time = time;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(bind));
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>The port that it listens on.</summary>
    public int Port { get; private set; }

    /// <summary>Starts it; it registers as soon as the agent answers, and again whenever the agent has lost it.</summary>
    /// <param name="name">What it answers with; the service's name is what stands before the last "-".</param>
    /// <param name="bind">Where it listens: loopback for an agent on this machine, or all addresses.</param>
    /// <param name="consul">Its Consul agent.</param>
    /// <param name="time">The clock of its registration.</param>
    /// <param name="loggers">Where its registration logs.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="FormatException">The address of the agent is malformed.</exception>
    public static async Task<DemoInstance> StartAsync(string name, IPEndPoint bind, ConsulOptions consul, TimeProvider time, ILoggerFactory loggers)
    {
        var instance = new DemoInstance(name, bind, time);
        try
        {
            await instance._app.StartAsync().ConfigureAwait(false);
            var address = instance._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            instance.Port = new Uri(address).Port;
            instance.Register(bind.Address, consul, loggers);
            return instance;
        }
        catch
        {
            await instance.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Leaves without a failed request: off the registry, then the time that its clients need to notice, then it finishes what runs.</summary>
    public async Task LeaveAsync(TimeSpan notice, CancellationToken cancel)
    {
        await _registration!.DeregisterAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(notice, _time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.StopAsync(cancel).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _registering.ConfigureAwait(false);
        _registration?.Dispose();
        _client?.Dispose();
        _ending.Dispose();
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private void Register(IPAddress bound, ConsulOptions consul, ILoggerFactory loggers)
    {
        var onLoopback = IPAddress.IsLoopback(bound);
        var register = new ConsulRegisterOptions
        {
            Name = _name[.._name.LastIndexOf('-')],
            // Several containers may run under one name.
            Id = onLoopback ? _name : $"{_name}-{Dns.GetHostName()}",
            Address = onLoopback ? bound.ToString() : null,
            CheckInterval = TimeSpan.FromSeconds(1),
            CheckTimeout = TimeSpan.FromSeconds(1),
            DeregisterCriticalServiceAfter = TimeSpan.FromMinutes(1),
        };
        _client = new ConsulClient(consul, _time, loggers.CreateLogger<ConsulClient>());
        // The check asks /readyz, as it does of the balancer.
        var target = new RegistrationTarget(Port, new IPEndPoint(bound, Port), Version: "demo");
        _registration = new ConsulRegistration(_client, register, target, _time, Environment.ProcessId ^ Port, loggers.CreateLogger<ConsulRegistration>());
        _registering = _registration.RunAsync(_ending.Token);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain";
        if (context.Request.Path == "/stop" && HttpMethods.IsPost(context.Request.Method))
        {
            await context.Response.WriteAsync($"{_name} stops\n", context.RequestAborted).ConfigureAwait(false);
            // Not waited for: stopping waits for this very answer.
            _ = _app.StopAsync();
            return;
        }
        await context.Response.WriteAsync(context.Request.Path == "/readyz" ? "ok\n" : $"{_name} answers, from {Local(context.Connection)}\n", context.RequestAborted).ConfigureAwait(false);
    }

    private static IPEndPoint Local(ConnectionInfo connection)
    {
        var address = connection.LocalIpAddress!;
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, connection.LocalPort);
    }
}
