namespace LoadBalancer.Registry.State;

/// <summary>
/// Nodes, service instances and checks with the indexes of Consul's state store: one per table and one per service, so
/// that a query on one service does not wake for another. Names and ids differ only by more than case.
/// </summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/api-docs/features/blocking"/></remarks>
internal sealed class Catalog(ChangeLog log, string datacenter)
{
    private static readonly StringComparer s_names = StringComparer.OrdinalIgnoreCase;

    private readonly SortedDictionary<string, NodeEntry> _nodes = new(s_names);
    private readonly SortedDictionary<string, SortedDictionary<string, ServiceEntry>> _instances = new(s_names);
    private readonly Dictionary<string, ulong> _serviceIndexes = new(s_names);
    private readonly Dictionary<Table, ulong> _tableIndexes = [];

    /// <summary>When the last instance of any service went; what a query for an unknown service is told.</summary>
    private ulong _extinctionIndex;

    /// <summary>Adds or changes what differs, as one change with one index. Says the same again: no change at all.</summary>
    /// <returns>An error text, or null. With an error nothing was changed.</returns>
    public string? Register(Registration registration)
    {
        lock (log.Gate)
        {
            var known = _nodes.GetValueOrDefault(registration.Node.Name);
            var orphan = registration.Checks.FirstOrDefault(check =>
                check.ServiceId.Length > 0
                && !s_names.Equals(check.ServiceId, registration.Service?.Id)
                && known?.Services.ContainsKey(check.ServiceId) != true);
            if (orphan is not null)
            {
                return $"failed inserting check: Missing service registration on node \"{registration.Node.Name}\": check \"{orphan.Id}\" names ServiceID \"{orphan.ServiceId}\"; register that service first";
            }
            var index = log.NextUnderLock();
            var node = PutNodeUnderLock(registration.Node, index);
            if (registration.Service is not null)
            {
                PutServiceUnderLock(node, registration.Service, index);
            }
            foreach (var check in registration.Checks)
            {
                PutCheckUnderLock(node, check, index);
            }
            return null;
        }
    }

    /// <summary>Changes a check that exists; one that went meanwhile stays gone.</summary>
    public void UpdateCheck(string node, CheckRow check)
    {
        lock (log.Gate)
        {
            if (_nodes.TryGetValue(node, out var entry) && entry.Checks.ContainsKey(check.Id))
            {
                PutCheckUnderLock(entry, check, log.NextUnderLock());
            }
        }
    }

    /// <summary>Removes a node with all that hangs on it; nothing when it is unknown.</summary>
    public void DeregisterNode(string node)
    {
        lock (log.Gate)
        {
            if (_nodes.TryGetValue(node, out var entry))
            {
                var index = log.NextUnderLock();
                foreach (var service in entry.Services.Values.ToArray())
                {
                    RemoveServiceUnderLock(service, index);
                }
                foreach (var check in entry.Checks.Values.ToArray())
                {
                    RemoveCheckUnderLock(entry, check, index);
                }
                _nodes.Remove(node);
                TouchUnderLock(Table.Nodes, index);
            }
        }
    }

    /// <summary>Removes a service instance with its checks; nothing when it is unknown.</summary>
    public void DeregisterService(string node, string id)
    {
        lock (log.Gate)
        {
            if (_nodes.TryGetValue(node, out var entry) && entry.Services.TryGetValue(id, out var service))
            {
                RemoveServiceUnderLock(service, log.NextUnderLock());
            }
        }
    }

    /// <summary>Removes a check; nothing when it is unknown.</summary>
    public void DeregisterCheck(string node, string id)
    {
        lock (log.Gate)
        {
            if (_nodes.TryGetValue(node, out var entry) && entry.Checks.TryGetValue(id, out var check))
            {
                RemoveCheckUnderLock(entry, check, log.NextUnderLock());
            }
        }
    }

    /// <summary>All nodes by name.</summary>
    public Indexed<NodeRow[]> Nodes()
    {
        lock (log.Gate)
        {
            return new([.. _nodes.Values.Select(node => node.Row)], IndexUnderLock(Table.Nodes));
        }
    }

    /// <summary>One node with its services, or null.</summary>
    public Indexed<NodeServices?> Node(string name)
    {
        lock (log.Gate)
        {
            var index = IndexUnderLock(Table.Nodes, Table.Services);
            return _nodes.TryGetValue(name, out var node)
                ? new(new NodeServices(node.Row, node.Services.ToDictionary(pair => pair.Value.Row.Id, pair => pair.Value.Row)), index)
                : new(null, index);
        }
    }

    /// <summary>Every service name with the tags of all its instances.</summary>
    public Indexed<Dictionary<string, string[]>> Services()
    {
        lock (log.Gate)
        {
            var services = _instances.Values.ToDictionary(
                instances => instances.First().Value.Row.Name,
                instances => instances.Values.SelectMany(entry => entry.Row.Tags).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray());
            return new(services, IndexUnderLock(Table.Services));
        }
    }

    /// <summary>The instances of a service that have all of <paramref name="tags"/>, with their health.</summary>
    public Indexed<ServiceHealth[]> Service(string name, IReadOnlyList<string> tags)
    {
        lock (log.Gate)
        {
            ServiceHealth[] found = _instances.TryGetValue(name, out var instances)
                ? [.. instances.Values.Where(entry => entry.Row.HasTags(tags)).Select(entry => entry.Health())]
                : [];
            return new(found, ServiceIndexUnderLock(name));
        }
    }

    /// <summary>All checks of a node, or none.</summary>
    public Indexed<CheckRow[]> NodeChecks(string node)
    {
        lock (log.Gate)
        {
            return new(_nodes.TryGetValue(node, out var entry) ? [.. entry.Checks.Values] : [], IndexUnderLock(Table.Checks));
        }
    }

    /// <summary>The checks of every instance of a service, without those of its nodes.</summary>
    public Indexed<CheckRow[]> ServiceChecks(string name)
    {
        lock (log.Gate)
        {
            CheckRow[] found = _instances.TryGetValue(name, out var instances)
                ? [.. instances.Values.SelectMany(entry => entry.Checks.Select(id => entry.Node.Checks[id]))]
                : [];
            return new(found, IndexUnderLock(Table.Checks));
        }
    }

    /// <summary>All checks that satisfy <paramref name="predicate"/>.</summary>
    public Indexed<CheckRow[]> Checks(Func<CheckRow, bool> predicate)
    {
        lock (log.Gate)
        {
            return new([.. _nodes.Values.SelectMany(node => node.Checks.Values).Where(predicate)], IndexUnderLock(Table.Nodes, Table.Checks));
        }
    }

    private NodeEntry PutNodeUnderLock(NodeRow row, ulong index)
    {
        var added = !_nodes.TryGetValue(row.Name, out var entry);
        if (entry is null)
        {
            _nodes[row.Name] = entry = new NodeEntry(row);
        }
        else if (entry.Row.SameAs(row))
        {
            return entry;
        }
        entry.Row = row with { Datacenter = datacenter, CreateIndex = added ? index : entry.Row.CreateIndex, ModifyIndex = index };
        TouchUnderLock(Table.Nodes, index);
        TouchServicesUnderLock(entry, index);
        return entry;
    }

    private void PutServiceUnderLock(NodeEntry node, ServiceRow row, ulong index)
    {
        var before = node.Services.GetValueOrDefault(row.Id);
        if (before is not null && before.Row.SameAs(row))
        {
            return;
        }
        row = row with { Node = node.Row.Name, CreateIndex = before?.Row.CreateIndex ?? index, ModifyIndex = index };
        var entry = before ?? new ServiceEntry(node, row);
        if (before is not null && !s_names.Equals(before.Row.Name, row.Name))
        {
            RemoveInstanceUnderLock(before, index);
        }
        entry.Row = row;
        node.Services[row.Id] = entry;
        if (!_instances.TryGetValue(row.Name, out var instances))
        {
            _instances[row.Name] = instances = new(s_names);
        }
        instances[InstanceKey(row)] = entry;
        TouchUnderLock(Table.Services, index);
        TouchServiceUnderLock(row.Name, index);
        foreach (var check in entry.Checks.Select(id => node.Checks[id]).ToArray())
        {
            PutCheckUnderLock(node, check, index);
        }
    }

    private void PutCheckUnderLock(NodeEntry node, CheckRow row, ulong index)
    {
        var before = node.Checks.GetValueOrDefault(row.Id);
        var service = row.ServiceId.Length > 0 ? node.Services[row.ServiceId] : null;
        row = row with { Node = node.Row.Name, ServiceName = service?.Row.Name ?? "", ServiceTags = service?.Row.Tags ?? [] };
        if (before is not null && before.SameAs(row))
        {
            return;
        }
        if (before is not null && !s_names.Equals(before.ServiceId, row.ServiceId))
        {
            RemoveCheckUnderLock(node, before, index);
        }
        node.Checks[row.Id] = row with { CreateIndex = before?.CreateIndex ?? index, ModifyIndex = index };
        (service?.Checks ?? node.OwnChecks).Add(row.Id);
        TouchOwnerUnderLock(node, service, index);
    }

    private void RemoveCheckUnderLock(NodeEntry node, CheckRow row, ulong index)
    {
        var service = row.ServiceId.Length > 0 ? node.Services[row.ServiceId] : null;
        node.Checks.Remove(row.Id);
        (service?.Checks ?? node.OwnChecks).Remove(row.Id);
        TouchOwnerUnderLock(node, service, index);
    }

    private void RemoveServiceUnderLock(ServiceEntry entry, ulong index)
    {
        foreach (var check in entry.Checks.Select(id => entry.Node.Checks[id]).ToArray())
        {
            RemoveCheckUnderLock(entry.Node, check, index);
        }
        entry.Node.Services.Remove(entry.Row.Id);
        RemoveInstanceUnderLock(entry, index);
        TouchUnderLock(Table.Services, index);
    }

    private void RemoveInstanceUnderLock(ServiceEntry entry, ulong index)
    {
        var instances = _instances[entry.Row.Name];
        instances.Remove(InstanceKey(entry.Row));
        TouchServiceUnderLock(entry.Row.Name, index);
        if (instances.Count == 0)
        {
            _instances.Remove(entry.Row.Name);
            _serviceIndexes.Remove(entry.Row.Name);
            _extinctionIndex = index;
        }
    }

    private void TouchOwnerUnderLock(NodeEntry node, ServiceEntry? service, ulong index)
    {
        TouchUnderLock(Table.Checks, index);
        if (service is not null)
        {
            TouchServiceUnderLock(service.Row.Name, index);
        }
        else
        {
            TouchServicesUnderLock(node, index);
        }
    }

    private void TouchServicesUnderLock(NodeEntry node, ulong index)
    {
        foreach (var entry in node.Services.Values)
        {
            TouchServiceUnderLock(entry.Row.Name, index);
        }
    }

    private void TouchServiceUnderLock(string name, ulong index)
    {
        _serviceIndexes[name] = index;
        log.WakeUnderLock(Scope.Of(name));
    }

    private void TouchUnderLock(Table table, ulong index)
    {
        _tableIndexes[table] = index;
        log.WakeUnderLock(new Scope(table));
    }

    private ulong ServiceIndexUnderLock(string name)
    {
        if (_serviceIndexes.TryGetValue(name, out var index))
        {
            return index;
        }
        return _extinctionIndex > 0 ? _extinctionIndex : IndexUnderLock(Table.Nodes, Table.Services, Table.Checks);
    }

    private ulong IndexUnderLock(params ReadOnlySpan<Table> tables)
    {
        var index = 0UL;
        foreach (var table in tables)
        {
            index = Math.Max(index, _tableIndexes.GetValueOrDefault(table));
        }
        return index;
    }

    private static string InstanceKey(ServiceRow row) => row.Node + "\0" + row.Id;
}
