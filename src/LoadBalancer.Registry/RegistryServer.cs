using System.Globalization;
using System.Net;
using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Registry.Checks;
using LoadBalancer.Registry.Dns;
using LoadBalancer.Registry.Http;
using LoadBalancer.Registry.State;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Registry;

/// <summary>
/// The embedded registry: one node, one datacenter, in memory, with the part of Consul's HTTP and DNS interface that a
/// balancer and a service's own registration use. It forgets everything when it stops. It checks no tokens: whoever
/// reaches it may register.
/// </summary>
public sealed partial class RegistryServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping;
    private readonly LocalAgent _agent;
    private readonly HttpInterface _http;
    private readonly DnsInterface? _dns;

    private RegistryServer(ChangeLog log, CancellationTokenSource stopping, LocalAgent agent, HttpInterface http, DnsInterface? dns)
    {
        Log = log;
        _stopping = stopping;
        _agent = agent;
        _http = http;
        _dns = dns;
    }

    /// <summary>Where the HTTP interface listens.</summary>
    public IPEndPoint HttpEndpoint => _http.Endpoint;

    /// <summary>Where the DNS interface listens; null without one.</summary>
    public IPEndPoint? DnsEndpoint => _dns?.Endpoint;

    /// <summary>Who waits for what.</summary>
    internal ChangeLog Log { get; }

    /// <summary>Starts a registry and returns when it answers.</summary>
    /// <exception cref="RegistryBindException">An address is taken or not this machine's.</exception>
    /// <exception cref="ArgumentException">A name in <paramref name="options"/> has no form in DNS.</exception>
    public static async Task<RegistryServer> StartAsync(RegistryOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken ct)
    {
        var domain = RequireName(options.Domain, nameof(options.Domain));
        _ = RequireName(options.NodeName, nameof(options.NodeName));
        if (RequireName(options.Datacenter, nameof(options.Datacenter)).Labels.Count != 1)
        {
            throw new ArgumentException($"the datacenter \"{options.Datacenter}\" must be one word without dots", nameof(options));
        }
        var jitter = new Jitter(options.Seed);
        var log = new ChangeLog();
        var catalog = new Catalog(log, options.Datacenter);
        var node = Node(options, jitter.NextGuid());
        var agent = new LocalAgent(catalog, node, options.AllowScripts, time, jitter, loggers.CreateLogger<LocalAgent>());
        var stopping = new CancellationTokenSource();
        DnsInterface? dns = null;
        HttpInterface http;
        try
        {
            if (options.DnsBind is not null)
            {
                var resolver = new DnsResolver(catalog, domain, options.Datacenter, node, jitter, time);
                dns = DnsInterface.Start(options.DnsBind, new DnsResponder(resolver, options.DnsTtl), time, loggers.CreateLogger<DnsInterface>());
            }
            var api = new RegistryApi(log, catalog, new KeyValues(log, time), agent, options.Datacenter, jitter, time, stopping.Token);
            http = await HttpInterface.StartAsync(options.HttpBind, api, loggers, stopping.Token, ct);
        }
        catch
        {
            if (dns is not null)
            {
                await dns.DisposeAsync();
            }
            stopping.Dispose();
            throw;
        }
        RegisterItself(catalog, node, http.Endpoint.Port);
        LogStarted(loggers.CreateLogger<RegistryServer>(), http.Endpoint.ToString(), dns?.Endpoint.ToString() ?? "nowhere");
        return new RegistryServer(log, stopping, agent, http, dns);
    }

    /// <summary>Ends the waiting queries, stops the checks and closes both interfaces.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _agent.Dispose();
        if (_dns is not null)
        {
            await _dns.DisposeAsync();
        }
        await _http.DisposeAsync();
        _stopping.Dispose();
    }

    private static NodeRow Node(RegistryOptions options, Guid id)
    {
        var address = options.NodeAddress.ToString();
        return new NodeRow
        {
            Id = id.ToString("D", CultureInfo.InvariantCulture),
            Name = options.NodeName,
            Address = address,
            Datacenter = options.Datacenter,
            TaggedAddresses = new Dictionary<string, string> { ["lan"] = address, ["wan"] = address },
        };
    }

    // As every Consul server does, so that the catalog is never empty and the node's own health is there to be read.
    private static void RegisterItself(Catalog catalog, NodeRow node, int port) =>
        _ = catalog.Register(new Registration(node, new ServiceRow { Id = "consul", Name = "consul", Port = port },
        [
            new CheckRow { Id = "serfHealth", Name = "Serf Health Status", Status = CheckStatus.Passing, Output = "Agent alive and reachable" },
        ]));

    private static DnsName RequireName(string text, string option) =>
        DnsName.TryParse(text, out var name) && name.Labels.Count > 0
            ? name
            : throw new ArgumentException($"{option} \"{text}\" has no form in DNS: labels of 1 to 63 characters with dots between them", nameof(text));

    [LoggerMessage(1, LogLevel.Information, "The embedded registry listens on {Http} (HTTP) and {Dns} (DNS)")]
    private static partial void LogStarted(ILogger logger, string http, string dns);
}
