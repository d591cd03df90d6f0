using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>What one source last said of one service: the writer's input, changed only under the writer's lock.</summary>
internal sealed class SourceInput(string source)
{
    private readonly Dictionary<EndpointId, (ObservedEndpoint Endpoint, string Reason, DateTimeOffset Until)> _held = [];

    public string Source { get; } = source;

    /// <summary>The endpoints of the last good observation.</summary>
    public ImmutableArray<ObservedEndpoint> Current { get; private set; } = [];

    public DateTimeOffset ConfirmedAt { get; private set; }

    public string? Error { get; private set; }

    /// <summary>True once there was a good observation or a saved state.</summary>
    public bool HasState { get; private set; }

    /// <summary>
    /// True while <see cref="Current"/> is from the state file, or from before the source was started anew, and the source
    /// has not confirmed it.
    /// </summary>
    public bool IsStale { get; private set; }

    public bool IsEmpty => Current.IsEmpty && _held.Count == 0;

    public bool HasHeld => _held.Count > 0;

    /// <summary>The endpoints with why they are held, null for those that the source names.</summary>
    public IEnumerable<(ObservedEndpoint Endpoint, string? Held)> Endpoints =>
        Current.Select(static endpoint => (endpoint, (string?)null)).Concat(_held.Values.Select(static held => (held.Endpoint, (string?)held.Reason)));

    public IEnumerable<ObservedEndpoint> Held => _held.Values.Select(static held => held.Endpoint);

    public ImmutableArray<ObservedEndpoint> LostIn(ImmutableArray<ObservedEndpoint> next)
    {
        if (Current.IsEmpty)
        {
            return [];
        }
        var kept = next.Select(static endpoint => endpoint.Id).ToHashSet();
        return [.. Current.Where(endpoint => !kept.Contains(endpoint.Id))];
    }

    /// <summary>Takes a good observation; true when anything that a snapshot shows changed.</summary>
    public bool Take(ImmutableArray<ObservedEndpoint> next, DateTimeOffset now)
    {
        var changed = Error is not null || IsStale || !HasState || !Current.AsSpan().SequenceEqual(next.AsSpan());
        Current = next;
        ConfirmedAt = now;
        HasState = true;
        IsStale = false;
        Error = null;
        foreach (var endpoint in next)
        {
            changed |= _held.Remove(endpoint.Id);
        }
        return changed;
    }

    public bool Fail(string error)
    {
        var changed = Error is null;
        Error = error;
        return changed;
    }

    public void Restore(ImmutableArray<ObservedEndpoint> saved)
    {
        Current = saved;
        HasState = true;
        IsStale = true;
    }

    public bool Unconfirm()
    {
        var changed = HasState && !IsStale;
        IsStale = HasState;
        return changed;
    }

    public void Hold(IEnumerable<ObservedEndpoint> lost, string reason, DateTimeOffset until)
    {
        foreach (var endpoint in lost)
        {
            if (!Current.Any(current => current.Id == endpoint.Id))
            {
                _held.TryAdd(endpoint.Id, (endpoint, reason, until));
            }
        }
    }

    public bool DropHeld(EndpointId id) => _held.Remove(id);

    public bool DropExpired(DateTimeOffset now)
    {
        var expired = _held.Where(pair => pair.Value.Until <= now).Select(static pair => pair.Key).ToList();
        expired.ForEach(id => _held.Remove(id));
        return expired.Count > 0;
    }
}
