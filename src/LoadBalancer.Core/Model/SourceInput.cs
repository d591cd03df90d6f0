using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>What one source last said of one service: the writer's input, changed only under the writer's lock.</summary>
internal sealed class SourceInput(string source)
{
    private readonly Dictionary<EndpointId, (ObservedEndpoint Endpoint, string Reason, TimeSpan Until)> _held = [];

    public string Source { get; } = source;

    /// <summary>The endpoints of the last good observation, in <see cref="EndpointOrder"/>.</summary>
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

    /// <summary>True while the source has said nothing of the service since its start, not even that it failed.</summary>
    public bool IsUnnamed { get; private set; }

    public bool IsEmpty => Current.IsEmpty && _held.Count == 0;

    public bool HasHeld => _held.Count > 0;

    /// <summary>The endpoints in <see cref="EndpointOrder"/>, with why they are held (null for those that the source names).</summary>
    public IEnumerable<(ObservedEndpoint Endpoint, string? Held)> Endpoints
    {
        get
        {
            var current = Current.Select(static endpoint => (Endpoint: endpoint, (string?)null));
            return _held.Count == 0
                ? current
                : current.Concat(_held.Values.Select(static held => (held.Endpoint, (string?)held.Reason)))
                    .Order(Comparer<(ObservedEndpoint Endpoint, string?)>.Create(static (a, b) => EndpointOrder.Compare(a.Endpoint.Id, b.Endpoint.Id)));
        }
    }

    public IEnumerable<ObservedEndpoint> Held => _held.Values.Select(static held => held.Endpoint);

    /// <summary>The endpoints of <see cref="Current"/> that <paramref name="next"/> lacks.</summary>
    public ImmutableArray<ObservedEndpoint> LostIn(ImmutableArray<ObservedEndpoint> next)
    {
        var lost = ImmutableArray.CreateBuilder<ObservedEndpoint>();
        var i = 0;
        foreach (var endpoint in Current)
        {
            while (i < next.Length && EndpointOrder.Compare(next[i].Id, endpoint.Id) < 0)
            {
                i++;
            }
            if (i == next.Length || next[i].Id != endpoint.Id)
            {
                lost.Add(endpoint);
            }
        }
        return lost.DrainToImmutable();
    }

    /// <summary>Takes a good observation; true when anything that a snapshot shows changed.</summary>
    public bool Take(ImmutableArray<ObservedEndpoint> next, DateTimeOffset now)
    {
        next = KeepUntested(next);
        var changed = Error is not null || IsStale || !HasState || !Current.AsSpan().SequenceEqual(next.AsSpan()) || !Current.Select(RegisteredOf).SequenceEqual(next.Select(RegisteredOf));
        Current = next;
        ConfirmedAt = now;
        HasState = true;
        IsStale = false;
        IsUnnamed = false;
        Error = null;
        return DropNamed() || changed;
    }

    /// <summary>The source failed; true when a snapshot shows another error than before.</summary>
    public bool Fail(string error)
    {
        var changed = Error != error;
        Error = error;
        IsUnnamed = false;
        return changed;
    }

    public void Restore(ImmutableArray<ObservedEndpoint> saved)
    {
        Current = saved;
        HasState = true;
        IsStale = true;
        IsUnnamed = true;
    }

    public bool Unconfirm()
    {
        var changed = HasState && !IsStale;
        IsStale = HasState;
        IsUnnamed = true;
        return changed;
    }

    /// <summary>Keeps endpoints that the source no longer names; true when there was one to keep.</summary>
    public bool Hold(ImmutableArray<ObservedEndpoint> lost, string reason, TimeSpan until)
    {
        var before = _held.Count;
        foreach (var endpoint in lost)
        {
            _held.TryAdd(endpoint.Id, (endpoint, reason, until));
        }
        DropNamed();
        return _held.Count != before;
    }

    public bool DropHeld(EndpointId id) => _held.Remove(id);

    public bool DropExpired(TimeSpan now) => DropHeldWhere(held => held.Until <= now);

    private static ulong RegisteredOf(ObservedEndpoint endpoint) => endpoint.Registered;

    /// <summary>
    /// A registry that restarts, or a service that registers again, starts its checks as failed, often all at once: who was
    /// usable stays so until they have run.
    /// </summary>
    private ImmutableArray<ObservedEndpoint> KeepUntested(ImmutableArray<ObservedEndpoint> next)
    {
        if (!next.Any(static endpoint => endpoint.Untested is not null))
        {
            return next;
        }
        var usable = Endpoints.Select(static pair => pair.Endpoint)
            .Where(static endpoint => endpoint.State is SourceState.Passing or SourceState.Warning)
            .ToDictionary(static endpoint => endpoint.Id);
        return [.. next.Select(endpoint =>
            endpoint.Untested is { } state && usable.TryGetValue(endpoint.Id, out var before) && before.Host == endpoint.Host && before.Port == endpoint.Port
                ? endpoint with { State = state }
                : endpoint)];
    }

    /// <summary>Who is named again is no longer held, nor who has left its address to another: it would get a double share.</summary>
    private bool DropNamed()
    {
        if (_held.Count == 0)
        {
            return false;
        }
        var ids = Current.Select(static endpoint => endpoint.Id).ToHashSet();
        var addresses = Current.Select(static endpoint => (endpoint.Host, endpoint.Port)).ToHashSet();
        return DropHeldWhere(held => ids.Contains(held.Endpoint.Id) || addresses.Contains((held.Endpoint.Host, held.Endpoint.Port)));
    }

    private bool DropHeldWhere(Func<(ObservedEndpoint Endpoint, string Reason, TimeSpan Until), bool> predicate)
    {
        var before = _held.Count;
        foreach (var (id, held) in _held)
        {
            if (predicate(held))
            {
                _held.Remove(id);
            }
        }
        return _held.Count != before;
    }
}
