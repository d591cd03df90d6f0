using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Consul;
using Microsoft.Extensions.Logging;

namespace LoadBalancer;

/// <summary>The balancer's ties to Consul: the source and, where it is configured, the registration, over one client.</summary>
internal sealed class ConsulAttachment : ISource, IAsyncDisposable
{
    /// <summary>How often the registered tags follow the services.</summary>
    private static readonly TimeSpan s_follow = TimeSpan.FromSeconds(1);

    private readonly ConsulClient _client;
    private readonly ConsulSource _source;
    private readonly ConsulRegistration? _registration;
    private readonly ITimer? _follow;
    private int _servicesChanged = 1;

    /// <exception cref="UnusableConfigurationException">The options name files or addresses that cannot be used.</exception>
    public ConsulAttachment(ConsulOptions options, LbOptions all, Func<IEnumerable<string>> services, TimeProvider time, int seed, ILoggerFactory loggers)
    {
        try
        {
            _client = new ConsulClient(options, time, loggers.CreateLogger<ConsulClient>());
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UnusableConfigurationException($"discovery.consul: {e.Message}", e);
        }
        Agents = string.Join(' ', [options.Address, .. options.Addresses]);
        _source = new ConsulSource(_client, options, time, seed, loggers.CreateLogger<ConsulSource>()) { Fallbacks = [.. all.Fallbacks()] };
        if (options.Register is not null)
        {
            _registration = new ConsulRegistration(_client, options.Register, TargetOf(options, all), time, seed, loggers.CreateLogger<ConsulRegistration>());
            _follow = time.CreateTimer(_ => Follow(services), null, TimeSpan.Zero, s_follow);
        }
    }

    public string Name => _source.Name;

    /// <summary>The agents that it asks.</summary>
    public string Agents { get; }

    /// <summary>The id that the balancer registers under, or null.</summary>
    public string? RegistrationId => _registration?.Id;

    /// <summary>The set of routed services may have changed. Cheap: the tags follow within a second or two.</summary>
    public void ServicesChanged() => Volatile.Write(ref _servicesChanged, 1);

    public Task RunAsync(ISourceFeed feed, CancellationToken stop) =>
        Task.WhenAll(_source.RunAsync(feed, stop), _registration?.RunAsync(stop) ?? Task.CompletedTask);

    /// <summary>Takes the balancer off Consul for good.</summary>
    public Task DeregisterAsync(CancellationToken stop) => _registration?.DeregisterAsync(stop) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_follow is not null)
        {
            await _follow.DisposeAsync().ConfigureAwait(false);
        }
        _registration?.Dispose();
        _client.Dispose();
    }

    private void Follow(Func<IEnumerable<string>> services)
    {
        if (Interlocked.Exchange(ref _servicesChanged, 0) == 1)
        {
            _registration!.SetServices(services());
        }
    }

    private static RegistrationTarget TargetOf(ConsulOptions options, LbOptions all)
    {
        var listener = all.Listeners.Values.FirstOrDefault(static one => one is { Protocol: ListenerProtocol.Http, Bind.Port: > 0 }) ?? all.Listeners.Values.First();
        return new RegistrationTarget(listener.Bind.Port, all.Admin?.Bind.EndPoint as IPEndPoint, VersionText);
    }

    private static string VersionText =>
        typeof(ConsulAttachment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
}
