using System.Text.Json;
using LoadBalancer.Admin;
using LoadBalancer.Admin.Orders;
using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;
using LoadBalancer.Discovery.Consul;
using LoadBalancer.Discovery.Dns;
using LoadBalancer.Discovery.State;
using LoadBalancer.Discovery.Static;
using LoadBalancer.Http;
using LoadBalancer.Http.Mirroring;
using LoadBalancer.Listeners;
using LoadBalancer.Observability;
using LoadBalancer.Reactor;
using LoadBalancer.Tcp;
using LoadBalancer.Tcp.Tls;
using Microsoft.Extensions.Logging;

namespace LoadBalancer;

/// <summary>
/// The running balancer: puts catalog, sources, engines, listeners and admin interface together from the configuration,
/// applies another one without dropping anything, and drains.
/// </summary>
internal sealed partial class Balancer : IAsyncDisposable
{
    /// <summary>How long a source may be silent at the start before the state file takes its place, and Consul when the balancer leaves it.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private static readonly JsonSerializerOptions s_withFields = new() { IncludeFields = true };

    /// <summary>How long a held endpoint may take to answer: long enough for a first packet that was lost.</summary>
    private static readonly TimeSpan s_probe = TimeSpan.FromSeconds(3);

    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Catalog _catalog;
    private readonly SourceRunner _sources;
    private readonly HttpEngine _http;
    private readonly Mirrors _mirrors;
    private readonly FirstWord _firstWord;
    private readonly TcpLog _tcpLog;
    private readonly ListenerRouter _byListener;
    private readonly ServerNameRouter _byServerName;
    private readonly TcpProxy _tcp;
    private readonly TcpProxy _tls;
    private ReactorLoops? _loops;
    private ReactorEngine? _reactor;
    private TcpReactorEngine? _tcpReactor;
    private TcpReactorEngine? _tlsReactor;
    private readonly AdminServer _admin;
    private readonly ConnectionBudget? _budget;
    private readonly ListenerSet _listeners;
    private readonly StateFile? _state;
    private readonly ITimer _patience;
    private volatile Router _router;
    private volatile bool _isDraining;
    private LbOptions _options;
    private ConsulAttachment? _consul;
    private string? _consulFingerprint;
    private readonly SavedState _saved = SavedState.Empty;

    private Balancer(LbOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _time = time;
        _loggers = loggers;
        _logger = loggers.CreateLogger<Balancer>();
        var log = new CatalogLog(loggers.CreateLogger<CatalogLog>());
        var seed = (ulong)Environment.ProcessId ^ (ulong)time.GetTimestamp();
        _catalog = new Catalog(options.ToCatalogOptions(), log, new ConnectProbe(s_probe, time), time, seed);
        _router = RouterOf(options);
        _sources = new SourceRunner(_catalog, loggers.CreateLogger<SourceRunner>());
        _firstWord = new FirstWord(_catalog, time);
        _tcpLog = new TcpLog(loggers.CreateLogger<TcpLog>());
        _byListener = new ListenerRouter(_catalog, _firstWord, _tcpLog);
        _byServerName = new ServerNameRouter(_catalog, () => _router, _firstWord, _tcpLog);
        _tcp = new TcpProxy(_byListener, time, _tcpLog);
        _tls = new TcpProxy(_byServerName, time, _tcpLog);
        var client = UpstreamClient.Create(time);
        _mirrors = new Mirrors(client, time, loggers.CreateLogger<Mirrors>());
        _http = new HttpEngine(forwarder => new HttpProxy(_catalog, () => _router, () => _catalog.IsReady, forwarder, client, _mirrors, time, loggers.CreateLogger<HttpProxy>()), time, loggers);
        _listeners = new ListenerSet(time, loggers);
        _budget = FileLimit.Read() is { } files ? new ConnectionBudget(ConnectionBudget.Within(files), time, loggers.CreateLogger<ConnectionBudget>()) : null;
        if (options.Discovery.StateFile is { } path)
        {
            _state = new StateFile(path, time, loggers.CreateLogger<StateFile>());
            _saved = _state.Load();
            _sources.Remember(_saved.Services.Select(static saved => (saved.Source, saved.Service, saved.Endpoints)));
            foreach (var saved in _saved.Orders)
            {
                _catalog.Order(saved.Service, [saved.Endpoint], saved.Order);
            }
            log.EndpointsChanged += () => _state.Schedule(Capture);
        }
        log.EndpointsChanged += () => _consul?.ServicesChanged();
        _admin = new AdminServer(_catalog, _listeners, GetReadiness, new OrderApi(_catalog, _state is null ? null : SaveAsync, time, loggers.CreateLogger<OrderApi>()), time, loggers);
        _patience = time.CreateTimer(_ => _catalog.RestoreSilentSources(), null, s_patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Starts everything that the configuration asks for.</summary>
    /// <exception cref="UnusableConfigurationException">An address is taken or not to be had, or a file that is named cannot be used.</exception>
    public static async Task<Balancer> StartAsync(LbOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        var balancer = new Balancer(options, time, loggers);
        try
        {
            await balancer._http.StartAsync().ConfigureAwait(false);
            await balancer._admin.StartAsync().ConfigureAwait(false);
            await balancer.ApplyAsync(options).ConfigureAwait(false);
            return balancer;
        }
        catch
        {
            await balancer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Applies another configuration. Addresses are bound first: when one cannot be had, nothing changes. Connections to new
    /// ones are accepted when all else is in force. Called by one thread at a time.
    /// </summary>
    /// <exception cref="UnusableConfigurationException">An address is taken or not to be had, or a file that is named cannot be used.</exception>
    public async Task ApplyAsync(LbOptions options)
    {
        var consul = AttachToConsul(options, out var consulFingerprint);
        ListenerChange listeners;
        try
        {
            listeners = await _listeners.PrepareAsync([.. SettingsOf(options)]).ConfigureAwait(false);
        }
        catch (UnusableConfigurationException)
        {
            if (consul is not null && consul != _consul)
            {
                await consul.DisposeAsync().ConfigureAwait(false);
            }
            throw;
        }
        await using var undo = listeners.ConfigureAwait(false);
        _catalog.Reconfigure(options.ToCatalogOptions());
        _router = RouterOf(options);
        await ApplyConsulAsync(consul, consulFingerprint).ConfigureAwait(false);
        await ApplySourcesAsync(options.Discovery).ConfigureAwait(false);
        foreach (var (key, changed) in new[]
        {
            ("discovery.stateFile", options.Discovery.StateFile != _options.Discovery.StateFile),
            ("registry", options.Registry != _options.Registry),
            ("reactor.threads", options.Reactor.Threads != _options.Reactor.Threads && _loops is { } loops && loops.Count != LoopsOf(options)),
            ("log.format", options.Log.Format != _options.Log.Format),
        })
        {
            if (changed)
            {
                LogNeedsRestart(_logger, key);
            }
        }
        _options = options;
        // Last: who connects to a new address finds its routes and services, not what was before.
        _firstWord.Expect();
        await listeners.CommitAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until a service has that many available endpoints.</summary>
    public async Task WaitForAsync(string service, int available, CancellationToken stop)
    {
        while (_catalog.Find(service) is not { Snapshot: var snapshot } || snapshot.AvailableCount < available)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, stop).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Leaves without dropping anything: off the registry and not ready first, after drainDelay no new connections, then what
    /// runs finishes, at most for drainTimeout.
    /// </summary>
    public async Task DrainAsync()
    {
        if (_isDraining)
        {
            return;
        }
        _isDraining = true;
        if (_consul is not null)
        {
            // A limit of its own: an agent that hangs does not eat the time of the requests that run.
            using var limit = new CancellationTokenSource(s_patience, _time);
            await _consul.DeregisterAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (_options.DrainDelay > TimeSpan.Zero && _listeners.Current.Count > 0)
        {
            LogLeaving(_logger, _options.DrainDelay);
            await Task.Delay(_options.DrainDelay, _time).ConfigureAwait(false);
        }
        LogDraining(_logger, _options.DrainTimeout);
        using var deadline = new CancellationTokenSource(_options.DrainTimeout, _time);
        await _listeners.CloseAsync(kept: _admin).ConfigureAwait(false);
        await Task.WhenAll(_http.StopAsync(deadline.Token), _tcp.StopAsync(deadline.Token), _tls.StopAsync(deadline.Token), _loops?.StopAsync(deadline.Token) ?? Task.CompletedTask).ConfigureAwait(false);
        await _mirrors.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync().ConfigureAwait(false);
        await _patience.DisposeAsync().ConfigureAwait(false);
        await _sources.DisposeAsync().ConfigureAwait(false);
        if (_state is not null)
        {
            await _state.DisposeAsync().ConfigureAwait(false);
        }
        await _listeners.DisposeAsync().ConfigureAwait(false);
        await _admin.DisposeAsync().ConfigureAwait(false);
        _loops?.Dispose();
        await _http.DisposeAsync().ConfigureAwait(false);
        _catalog.Dispose();
    }

    private Router RouterOf(LbOptions options) => new(options.Routing.Routes.Select(static route => route.ToRoute()), options.Routing.Domain, _catalog);

    private Readiness GetReadiness()
    {
        if (_isDraining)
        {
            return new Readiness(false, "draining");
        }
        var waiting = _catalog.Sources.FirstOrDefault(static source => !source.IsReady);
        return waiting.Source is null
            ? new Readiness(true, "ready")
            : new Readiness(false, $"waiting for the first complete answer of {waiting.Source}{(waiting.Error is null ? "" : ": " + waiting.Error)}");
    }

    /// <summary>What is known now; of a source that has not answered yet, what the file said before.</summary>
    private SavedState Capture()
    {
        var known = _catalog.Capture().Where(static one => !one.Endpoints.IsEmpty).Select(one => new SavedService(one.Source, one.Service, _time.GetUtcNow(), one.Endpoints)).ToList();
        var silent = _catalog.Sources.Where(static source => !source.IsReady).Select(static source => source.Source).ToHashSet();
        return new SavedState(
            [.. known, .. _saved.Services.Where(saved => silent.Contains(saved.Source)).ExceptBy(known.Select(KeyOf), KeyOf)],
            [.. _catalog.CaptureOrders().Select(static one => new SavedOrder(one.Service, one.Endpoint, one.Order))]);

        // Names of services are compared without regard to case everywhere.
        static (string, string) KeyOf(SavedService saved) => (saved.Source, saved.Service.ToUpperInvariant());
    }

    private Task<bool> SaveAsync()
    {
        _state!.Schedule(Capture);
        return _state.FlushAsync();
    }

    /// <summary>The ties to Consul that the options ask for: the present ones when nothing about them changed.</summary>
    /// <exception cref="UnusableConfigurationException">The options name files or addresses that cannot be used.</exception>
    private ConsulAttachment? AttachToConsul(LbOptions options, out string? fingerprint)
    {
        fingerprint = null;
        if (options.Discovery.Consul is null)
        {
            return null;
        }
        var consul = ConsulEnvironment.Apply(options.Discovery.Consul, Environment.GetEnvironmentVariable);
        // The registration also says where the balancer listens.
        string?[] addresses = consul.Register is null ? [] : [options.Admin?.Bind.ToString(), .. options.Listeners.Values.Select(static one => one.Bind.ToString())];
        // Certificates that were renewed in place are read again at the next reload.
        var renewed = new[] { consul.Tls.Ca, consul.Tls.Certificate, consul.Tls.Key }.Select(static file => file is null ? default : File.GetLastWriteTimeUtc(file));
        fingerprint = Fingerprint((consul, addresses, renewed, options.Fallbacks()));
        return fingerprint == _consulFingerprint
            ? _consul
            : new ConsulAttachment(consul, options, RoutedServices, _time, Environment.ProcessId, _loggers);
    }

    private IEnumerable<string> RoutedServices() =>
        _catalog.Services.Where(static service => (!service.Snapshot.Endpoints.IsEmpty || service.Snapshot.FallsBack) && !service.Name.Contains('@', StringComparison.Ordinal)).Select(static service => service.Name);

    private async Task ApplyConsulAsync(ConsulAttachment? consul, string? fingerprint)
    {
        if (_consul is not null && _consul != consul && (_consul.RegistrationId, _consul.Agents) != (consul?.RegistrationId, consul?.Agents))
        {
            // Elsewhere, under another name or not at all from now on; else the new registration replaces this.
            using var limit = new CancellationTokenSource(s_patience, _time);
            await _consul.DeregisterAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await _sources.ApplyAsync("consul", fingerprint, () => consul!).ConfigureAwait(false);
        _consul = consul;
        _consulFingerprint = fingerprint;
    }

    private async Task ApplySourcesAsync(DiscoveryOptions discovery)
    {
        await _sources.ApplyAsync("dns", Fingerprint(discovery.Dns), () => new DnsSource(discovery.Dns!, _time, Environment.ProcessId, _loggers.CreateLogger<DnsSource>()), source => source.Update(discovery.Dns!)).ConfigureAwait(false);
        StaticSource? changed = null;
        await _sources.ApplyAsync(
            "static",
            discovery.Static.Count == 0 ? null : Fingerprint(discovery.Static),
            () => changed = new StaticSource(discovery.Static),
            source =>
            {
                source.Update(discovery.Static);
                changed = source;
            }).ConfigureAwait(false);
        if (changed is not null)
        {
            // It has all it needs: who comes next finds what is written in the file.
            await changed.Reported.WaitAsync(s_patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string? Fingerprint(object? options) => options is null ? null : JsonSerializer.Serialize(options, s_withFields);

    private static int LoopsOf(LbOptions options) => options.Reactor.Threads is var threads and > 0 ? threads : Environment.ProcessorCount;

    /// <summary>Started by the first listener that asks for it.</summary>
    private ReactorLoops Loops(LbOptions options) => _loops ??= new ReactorLoops(LoopsOf(options), options.Reactor.IoUring, _time, e => LogReactorFault(_logger, e));

    private static string Name(ListenerProtocol protocol) => protocol switch
    {
        ListenerProtocol.Tcp => "tcp",
        ListenerProtocol.Tls => "tls",
        _ => "http",
    };

    private IListenerEngine EngineOf(ListenerOptions listener, LbOptions options) => listener switch
    {
        { Protocol: ListenerProtocol.Tls, EngineInUse: ListenerEngine.Reactor } => _tlsReactor ??= new TcpReactorEngine(Loops(options), _byServerName, _tcpLog),
        { Protocol: ListenerProtocol.Tls } => _tls,
        { Protocol: ListenerProtocol.Tcp, EngineInUse: ListenerEngine.Reactor } => _tcpReactor ??= new TcpReactorEngine(Loops(options), _byListener, _tcpLog),
        { Protocol: ListenerProtocol.Tcp } => _tcp,
        { EngineInUse: ListenerEngine.Reactor } => _reactor ??= new ReactorEngine(Loops(options), _catalog, () => _router, () => _catalog.IsReady, _http),
        _ => _http,
    };

    private IEnumerable<ListenerSettings> SettingsOf(LbOptions options)
    {
        foreach (var (name, one) in options.Listeners)
        {
            yield return new ListenerSettings(name, $"listeners.{name}.bind", one.Bind, Name(one.Protocol), EngineOf(one, options))
            {
                Service = one.Service,
                Trusted = new TrustedNetworks([.. one.TrustedProxies]),
                RequiresProxyHeader = one.ProxyProtocol == ListenerProxyProtocol.Require,
                MaxConnections = one.MaxConnections,
                Backlog = one.Backlog,
                Budget = _budget,
            };
        }
        if (options.Admin is { } admin)
        {
            yield return new ListenerSettings("admin", "admin.bind", admin.Bind, "admin", _admin);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "reactor: a connection failed inside")]
    private static partial void LogReactorFault(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "leaving: new connections are accepted for {Delay} more")]
    private static partial void LogLeaving(ILogger logger, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Information, Message = "draining: new connections are refused, what runs may finish within {Timeout}")]
    private static partial void LogDraining(ILogger logger, TimeSpan timeout);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Key} changed: that takes effect at the next start")]
    private static partial void LogNeedsRestart(ILogger logger, string key);
}
