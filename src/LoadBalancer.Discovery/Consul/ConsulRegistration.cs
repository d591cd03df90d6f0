using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Consul.Client;
using LoadBalancer.Discovery.Consul.Watching;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Consul;

/// <summary>
/// Keeps the balancer registered in Consul with one tag per routed service, so that Consul's DNS answers
/// <c>service.haproxy.service.consul</c> with the balancer's address. An agent that lost the registration gets it again.
/// </summary>
public sealed partial class ConsulRegistration : IDisposable
{
    private const int ManyTags = 1000;

    private static readonly TimeSpan s_debounce = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_verifyEvery = TimeSpan.FromSeconds(10);

    private readonly ConsulClient _client;
    private readonly ConsulRegisterOptions _options;
    private readonly RegistrationTarget _target;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Backoff _backoff;
    private readonly int _port;

    private readonly Signal _changed = new();
    private string[] _services = [];

    // One call about the registration at a time: a deregistration is not overtaken by a registration before it.
    private readonly SemaphoreSlim _calls = new(1, 1);
    private readonly HashSet<AgentAddress> _registeredAt = [];
    private string[]? _registeredTags;
    private bool _deregistered;
    private bool _failing;

    /// <param name="client">Stays the caller's to dispose.</param>
    /// <param name="options">The <c>register</c> block.</param>
    /// <param name="target">Where the balancer is reached.</param>
    /// <param name="time">The clock of waits and back-offs.</param>
    /// <param name="seed">Of the jitter.</param>
    /// <param name="logger">Where it says what it does.</param>
    public ConsulRegistration(ConsulClient client, ConsulRegisterOptions options, RegistrationTarget target, TimeProvider time, int seed, ILogger<ConsulRegistration> logger)
    {
        _client = client;
        _options = options;
        _target = target;
        _time = time;
        _logger = logger;
        _backoff = new(new Jitter(seed));
        _port = options.Port > 0 ? options.Port : target.Port;
        Id = options.Id ?? string.Create(CultureInfo.InvariantCulture, $"{options.Name}-{System.Net.Dns.GetHostName()}-{_port}");
    }

    /// <summary>The id of the registration on its agent.</summary>
    public string Id { get; }

    /// <summary>
    /// Tells which services are routed; changes within a second are registered together. Names that are no DNS label
    /// get no tag, because no DNS name could ask for them. Safe to call from any thread.
    /// </summary>
    public void SetServices(IEnumerable<string> services)
    {
        Volatile.Write(ref _services, [.. services.Where(IsLabel).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
        _changed.Set();
    }

    /// <summary>Registers, and keeps it so until <paramref name="stop"/> or <see cref="DeregisterAsync"/>. Failures are retried inside.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var verify = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await UpdateAsync(verify, stop);
                _backoff.Reset();
                _failing = false;
                verify = !await ChangedWithinAsync(s_verifyEvery, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (ConsulException e)
            {
                if (!_failing)
                {
                    _failing = true;
                    LogFailed(Id, e.Message);
                }
                // The agent may have forgotten everything by the time it answers again.
                verify = true;
                await Task.Delay(_backoff.Next(), _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Deregisters for good: call it before draining. Failures are logged; Consul's own check removes what is left.</summary>
    public async Task DeregisterAsync(CancellationToken cancel)
    {
        await _calls.WaitAsync(cancel);
        try
        {
            _deregistered = true;
            foreach (var agent in _registeredAt)
            {
                try
                {
                    await _client.DeregisterAsync(agent, Id, cancel);
                    LogDeregistered(Id, agent.Text);
                }
                catch (ConsulException e)
                {
                    LogFailed(Id, e.Message);
                }
            }
            _registeredAt.Clear();
        }
        finally
        {
            _calls.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _calls.Dispose();

    private async Task<bool> ChangedWithinAsync(TimeSpan limit, CancellationToken stop)
    {
        var before = Volatile.Read(ref _services);
        await _changed.WaitAsync(limit, _time, stop);
        if (ReferenceEquals(before, Volatile.Read(ref _services)))
        {
            return false;
        }
        await Task.Delay(s_debounce, _time, stop);
        return true;
    }

    private async Task UpdateAsync(bool verify, CancellationToken stop)
    {
        await _calls.WaitAsync(stop);
        try
        {
            string[] tags = [.. _options.Tags, .. Volatile.Read(ref _services)];
            if (_deregistered || (_registeredTags is not null && tags.AsSpan().SequenceEqual(_registeredTags) && (!verify || await IsKnownAsync(stop))))
            {
                return;
            }
            if (tags.Length > ManyTags)
            {
                LogManyTags(Id, tags.Length);
            }
            // Noted before the call: one that times out may have registered all the same.
            _registeredAt.Add(_client.Agent);
            var agent = await _client.RegisterAsync(Describe(tags), stop);
            _registeredAt.Add(agent);
            _registeredTags = tags;
            LogRegistered(Id, agent.Text, tags.Length);
        }
        finally
        {
            _calls.Release();
        }
    }

    private async Task<bool> IsKnownAsync(CancellationToken stop)
    {
        var (agent, known) = await _client.KnowsAsync(Id, stop);
        if (!known)
        {
            LogLost(Id, agent.Text);
        }
        return known;
    }

    private ServiceRegistration Describe(string[] tags)
    {
        var local = LocalAddress(_client.Agent);
        var address = _options.Address ?? local;
        var readyUrl = _target.ReadyUrl(local);
        return new()
        {
            Id = Id,
            Name = _options.Name,
            Address = address,
            Port = _port,
            Tags = tags,
            Meta = new() { ["version"] = _target.Version },
            Check = new()
            {
                CheckId = "service:" + Id,
                Name = readyUrl is null ? "listener" : "ready",
                Http = readyUrl?.AbsoluteUri,
                Tcp = readyUrl is null ? Authority.Format(address ?? IPAddress.Loopback.ToString(), _port) : null,
                Interval = Duration(_options.CheckInterval),
                Timeout = Duration(_options.CheckTimeout),
                DeregisterCriticalServiceAfter = Duration(_options.DeregisterCriticalServiceAfter),
            },
        };
    }

    /// <summary>
    /// The address of this machine that packets to the agent leave from. Null when the agent is on this machine: then
    /// Consul answers with its node's address, which others reach, instead of loopback, which they do not.
    /// </summary>
    /// <exception cref="ConsulException">The agent has no address now: there is nothing to register with either.</exception>
    private static string? LocalAddress(AgentAddress agent)
    {
        if (agent.UnixPath is not null)
        {
            return null;
        }
        try
        {
            // Connecting a UDP socket sends nothing; it only asks the kernel for the route.
            using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(agent.Base.DnsSafeHost, agent.Base.Port);
            var local = ((IPEndPoint)socket.LocalEndPoint!).Address;
            local = local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local;
            return IPAddress.IsLoopback(local) ? null : local.ToString();
        }
        catch (SocketException e)
        {
            throw new ConsulException(agent.Text, "address", e.Message, inner: e);
        }
    }

    private static bool IsLabel(string name) =>
        name.Length is > 0 and <= 63 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static string Duration(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalMilliseconds}ms");

    [LoggerMessage(Level = LogLevel.Information, Message = "Registered {Id} at Consul agent {Agent} with {Tags} tags")]
    private partial void LogRegistered(string id, string agent, int tags);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Consul agent {Agent} no longer knows {Id}; registering again")]
    private partial void LogLost(string id, string agent);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deregistered {Id} from Consul agent {Agent}")]
    private partial void LogDeregistered(string id, string agent);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Registration {Id}: {Error}")]
    private partial void LogFailed(string id, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Registration {Id} has {Tags} tags, one per routed service; so many slow Consul down: limit them with discovery.consul.services or .tag")]
    private partial void LogManyTags(string id, int tags);
}
