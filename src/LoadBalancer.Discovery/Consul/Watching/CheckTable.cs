using LoadBalancer.Discovery.Consul.Client;

namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>Remembers /v1/health/state/any and tells whose checks appeared, vanished or changed state. For one task.</summary>
internal sealed class CheckTable
{
    private Dictionary<Key, State>? _checks;

    /// <summary>Takes the next state of all checks. The first one changes nothing.</summary>
    public CheckChanges Update(HealthCheck[] checks)
    {
        var before = _checks;
        var now = new Dictionary<Key, State>(checks.Length);
        var changes = new CheckChanges();
        foreach (var check in checks)
        {
            var key = new Key(check.Node, check.ServiceId ?? "", check.CheckId);
            var state = new State(check.Status, check.ServiceName ?? "");
            now[key] = state;
            if (before is null)
            {
                continue;
            }
            if (!before.Remove(key, out var old))
            {
                changes.Add(key.Node, state.Service);
            }
            else if (old != state)
            {
                changes.Add(key.Node, old.Service);
                changes.Add(key.Node, state.Service);
            }
        }
        foreach (var (key, old) in before ?? [])
        {
            changes.Add(key.Node, old.Service);
        }
        _checks = now;
        return changes;
    }

    private readonly record struct Key(string Node, string ServiceId, string CheckId);

    private readonly record struct State(string Status, string Service);
}
