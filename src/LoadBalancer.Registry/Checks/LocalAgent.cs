using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Registry.State;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Registry.Checks;

/// <summary>
/// The agent of the registry's one node: services registered with it, their checks, maintenance. All that it decides
/// goes to the catalog at once; only an output that changes without its status waits for <see cref="OutputSyncInterval"/>,
/// so that a talkative check does not wake every watcher of its service at every run.
/// </summary>
/// <remarks>Lock order: the agent's, then the state's. <see href="https://developer.hashicorp.com/consul/api-docs/agent"/></remarks>
internal sealed partial class LocalAgent : IDisposable
{
    /// <summary>Consul's check_update_interval.</summary>
    public static readonly TimeSpan OutputSyncInterval = TimeSpan.FromMinutes(5);

    /// <summary>Consul's lower limit for deregister_critical_service_after.</summary>
    public static readonly TimeSpan MinimumReapDelay = TimeSpan.FromMinutes(1);

    /// <summary>The id of the check that a node in maintenance has.</summary>
    public const string NodeMaintenanceId = "_node_maintenance";

    /// <summary>With the service's id behind it, the id of the check that a service in maintenance has.</summary>
    public const string ServiceMaintenancePrefix = "_service_maintenance:";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ServiceRow> _services = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedDictionary<string, LocalCheck> _checks = new(StringComparer.OrdinalIgnoreCase);
    private readonly Catalog _catalog;
    private readonly NodeRow _node;
    private readonly bool _allowScripts;
    private readonly TimeProvider _time;
    private readonly Jitter _jitter;
    private readonly ILogger _logger;
    private bool _stopped;

    public LocalAgent(Catalog catalog, NodeRow node, bool allowScripts, TimeProvider time, Jitter jitter, ILogger<LocalAgent> logger)
    {
        _catalog = catalog;
        _node = node;
        _allowScripts = allowScripts;
        _time = time;
        _jitter = jitter;
        _logger = logger;
    }

    /// <summary>The agent's node.</summary>
    public NodeRow Node => _node;

    /// <summary>Registers a service instance or changes it. A check that was there under the same id keeps its state.</summary>
    /// <param name="service">The instance.</param>
    /// <param name="checks">Its checks; those without an id get Consul's, <c>service:ID</c> or <c>service:ID:N</c>.</param>
    /// <param name="replaceChecks">Also removes its other checks.</param>
    public void RegisterService(ServiceRow service, IReadOnlyList<CheckDefinition> checks, bool replaceChecks)
    {
        CheckDefinition[] named = [.. checks.Select((check, i) => check with
        {
            Id = check.Id.Length > 0 ? check.Id : "service:" + service.Id + (checks.Count > 1 ? $":{i + 1}" : ""),
            Name = check.Name.Length > 0 ? check.Name : $"Service '{service.Name}' check",
            ServiceId = service.Id,
        })];
        RequireScriptsAllowed(named);
        lock (_gate)
        {
            _services[service.Id] = service;
            if (replaceChecks)
            {
                foreach (var old in ChecksOfUnderLock(service.Id).Where(old => !named.Any(check => SameId(check.Id, old.Definition.Id))).ToArray())
                {
                    RemoveCheckUnderLock(old);
                }
            }
            var added = named.Select(AddCheckUnderLock).ToArray();
            _ = _catalog.Register(new Registration(_node, service, [.. added.Select(Row)]));
            LogRegistered(service.Id, service.Name, service.Address, service.Port, named.Length);
        }
    }

    /// <summary>Deregisters a service instance with its checks; nothing when it is unknown.</summary>
    public void DeregisterService(string id)
    {
        lock (_gate)
        {
            DeregisterServiceUnderLock(id);
        }
    }

    /// <summary>Registers a check of a service that is there, or of the node.</summary>
    public void RegisterCheck(CheckDefinition check)
    {
        RequireScriptsAllowed([check]);
        lock (_gate)
        {
            if (check.ServiceId.Length > 0 && !_services.ContainsKey(check.ServiceId))
            {
                throw RefusedException.BadRequest($"ServiceID \"{check.ServiceId}\" does not exist: register the service first, or leave ServiceID out for a check of the node");
            }
            _ = _catalog.Register(new Registration(_node, null, [Row(AddCheckUnderLock(check))]));
        }
    }

    /// <summary>Removes a check; nothing when it is unknown.</summary>
    public void DeregisterCheck(string id)
    {
        lock (_gate)
        {
            if (_checks.TryGetValue(id, out var check))
            {
                RemoveCheckUnderLock(check);
            }
        }
    }

    /// <summary>Tells a TTL check how its subject is, which holds for its TTL.</summary>
    public void Tell(string id, CheckStatus status, string output)
    {
        lock (_gate)
        {
            if (!_checks.TryGetValue(id, out var check) || check.Definition.Kind != CheckKind.Ttl)
            {
                throw new RefusedException(404, $"CheckID \"{id}\" does not have associated TTL: register a check with a TTL under that id first (a service's only check is \"service:<service id>\")");
            }
            check.Ttl!.Restart(check.Definition.Ttl);
            SetUnderLock(check, status, output);
        }
    }

    /// <summary>Puts a service into maintenance or takes it out.</summary>
    public void SetServiceMaintenance(string id, bool enable, string reason)
    {
        lock (_gate)
        {
            if (!_services.ContainsKey(id))
            {
                throw new RefusedException(404, $"No service registered with ID \"{id}\"");
            }
            SetMaintenanceUnderLock(ServiceMaintenancePrefix + id, id, "Service", enable, reason);
        }
    }

    /// <summary>Puts the node with all its services into maintenance or takes it out.</summary>
    public void SetNodeMaintenance(bool enable, string reason)
    {
        lock (_gate)
        {
            SetMaintenanceUnderLock(NodeMaintenanceId, "", "Node", enable, reason);
        }
    }

    /// <summary>The services registered here, by id.</summary>
    public ServiceRow[] Services()
    {
        lock (_gate)
        {
            return [.. _services.Values.OrderBy(service => service.Id, StringComparer.OrdinalIgnoreCase)];
        }
    }

    /// <summary>The checks that run here, with their newest output, by id.</summary>
    public CheckRow[] Checks()
    {
        lock (_gate)
        {
            return [.. _checks.Values.Select(Row)];
        }
    }

    /// <summary>Stops all checks.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            foreach (var check in _checks.Values)
            {
                check.Dispose();
            }
        }
    }

    private static bool SameId(string left, string right) => StringComparer.OrdinalIgnoreCase.Equals(left, right);

    private CheckRow Row(LocalCheck check) => new()
    {
        Node = _node.Name,
        Id = check.Definition.Id,
        Name = check.Definition.Name,
        Status = check.Status,
        Notes = check.Definition.Notes,
        Output = check.Output,
        ServiceId = check.Definition.ServiceId,
        ServiceName = _services.GetValueOrDefault(check.Definition.ServiceId)?.Name ?? "",
        ServiceTags = _services.GetValueOrDefault(check.Definition.ServiceId)?.Tags ?? [],
        Type = check.Definition.Type,
    };

    private void RequireScriptsAllowed(IEnumerable<CheckDefinition> checks)
    {
        if (!_allowScripts && checks.Any(check => check.Kind == CheckKind.Script))
        {
            throw RefusedException.BadRequest("Scripts are disabled on this agent; a check with \"args\" lets whoever can reach this port run programs here: allow it with the registry's allowScripts, or use an HTTP, TCP or TTL check");
        }
    }

    private IEnumerable<LocalCheck> ChecksOfUnderLock(string serviceId) =>
        _checks.Values.Where(check => SameId(check.Definition.ServiceId, serviceId));

    private LocalCheck AddCheckUnderLock(CheckDefinition definition)
    {
        var check = new LocalCheck(definition) { SyncedAt = _time.GetTimestamp() };
        if (_checks.Remove(definition.Id, out var before))
        {
            before.Dispose();
            check.Status = before.Status;
            check.Output = before.Output;
        }
        _checks[definition.Id] = check;
        if (definition.Kind == CheckKind.Ttl)
        {
            check.Ttl = new Countdown(_time, _gate, () => TtlExpiredUnderLock(check));
            check.Ttl.Restart(definition.Ttl);
        }
        else if (Executor(definition) is { } executor)
        {
            check.Loop = new ProbeLoop(executor, definition.Interval, _time, _jitter, result => Probed(check, result));
            check.Loop.Start();
        }
        if (definition.DeregisterCriticalServiceAfter > TimeSpan.Zero && definition.ServiceId.Length > 0)
        {
            check.Reap = new Countdown(_time, _gate, () => ReapUnderLock(check));
        }
        ScheduleReapUnderLock(check);
        return check;
    }

    private void RemoveCheckUnderLock(LocalCheck check)
    {
        _checks.Remove(check.Definition.Id);
        check.Dispose();
        _catalog.DeregisterCheck(_node.Name, check.Definition.Id);
    }

    private void DeregisterServiceUnderLock(string id)
    {
        if (!_services.Remove(id, out var service))
        {
            return;
        }
        foreach (var check in ChecksOfUnderLock(id).ToArray())
        {
            _checks.Remove(check.Definition.Id);
            check.Dispose();
        }
        _catalog.DeregisterService(_node.Name, id);
        LogDeregistered(id, service.Name);
    }

    private void SetMaintenanceUnderLock(string checkId, string serviceId, string subject, bool enable, string reason)
    {
        if (!enable)
        {
            if (_checks.TryGetValue(checkId, out var check))
            {
                RemoveCheckUnderLock(check);
            }
            return;
        }
        var definition = new CheckDefinition
        {
            Id = checkId,
            Kind = CheckKind.Maintenance,
            Name = subject + " Maintenance Mode",
            Notes = reason.Length > 0 ? reason : $"Maintenance mode is enabled for this {(serviceId.Length > 0 ? "service" : "node")}, but no reason was provided. This is a default message.",
            ServiceId = serviceId,
        };
        _ = _catalog.Register(new Registration(_node, null, [Row(AddCheckUnderLock(definition))]));
    }

    private IHealthCheck? Executor(CheckDefinition definition) => definition.Kind switch
    {
        CheckKind.Http => new HttpCheck(definition.Http!, _time),
        CheckKind.Tcp => new TcpCheck(definition.Tcp!.Value.Host, definition.Tcp.Value.Port, definition.Timeout, _time),
        CheckKind.Script => new CommandCheck(definition.Args, definition.Timeout, _time),
        _ => null,
    };

    private void Probed(LocalCheck check, CheckResult result)
    {
        lock (_gate)
        {
            if (IsCurrentUnderLock(check) && check.Threshold.Reached(result.Status))
            {
                SetUnderLock(check, result.Status, result.Output);
            }
        }
    }

    private void TtlExpiredUnderLock(LocalCheck check) =>
        SetUnderLock(check, CheckStatus.Critical, check.Output.Length > 0 && check.Status != CheckStatus.Critical
            ? "TTL expired (last output before timeout follows): " + check.Output
            : "TTL expired");

    // A result that was under way when its check was replaced or removed must not speak for the new one.
    private bool IsCurrentUnderLock(LocalCheck check) =>
        !_stopped && _checks.TryGetValue(check.Definition.Id, out var current) && ReferenceEquals(current, check);

    private void SetUnderLock(LocalCheck check, CheckStatus status, string output)
    {
        var changed = check.Status != status;
        if (!changed && check.Output == output)
        {
            return;
        }
        if (changed)
        {
            LogChanged(check.Definition.Id, CheckStatusConverter.Text(check.Status), CheckStatusConverter.Text(status), output);
        }
        check.Status = status;
        check.Output = output;
        if (changed || _time.GetElapsedTime(check.SyncedAt) >= OutputSyncInterval)
        {
            check.SyncedAt = _time.GetTimestamp();
            _catalog.UpdateCheck(_node.Name, Row(check));
        }
        ScheduleReapUnderLock(check);
    }

    private static void ScheduleReapUnderLock(LocalCheck check)
    {
        if (check.Reap is null)
        {
            return;
        }
        if (check.Status != CheckStatus.Critical)
        {
            check.Reap.Stop();
        }
        else if (!check.Reap.IsRunning)
        {
            var after = check.Definition.DeregisterCriticalServiceAfter;
            check.Reap.Restart(after > MinimumReapDelay ? after : MinimumReapDelay);
        }
    }

    private void ReapUnderLock(LocalCheck check)
    {
        LogReaped(check.Definition.ServiceId, check.Definition.Id);
        DeregisterServiceUnderLock(check.Definition.ServiceId);
    }

    [LoggerMessage(1, LogLevel.Information, "Service {Id} ({Name}) registered at {Address}:{Port} with {Checks} checks")]
    private partial void LogRegistered(string id, string name, string address, int port, int checks);

    [LoggerMessage(2, LogLevel.Information, "Service {Id} ({Name}) deregistered")]
    private partial void LogDeregistered(string id, string name);

    [LoggerMessage(3, LogLevel.Information, "Check {Id} went from {Before} to {After}: {Output}")]
    private partial void LogChanged(string id, string before, string after, string output);

    [LoggerMessage(4, LogLevel.Warning, "Service {Id} is deregistered: its check {Check} was critical for too long")]
    private partial void LogReaped(string id, string check);
}
