using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>One endpoint as a source describes it in one <see cref="Observation"/>.</summary>
public sealed record ObservedEndpoint
{
    /// <summary>Who it is; unique within an observation.</summary>
    public required EndpointId Id { get; init; }

    /// <summary>An IP address, or a host name that is resolved when a connection is made.</summary>
    public required string Host { get; init; }

    /// <summary>1 to 65535.</summary>
    public required int Port { get; init; }

    /// <summary>Share of traffic relative to its neighbours while passing; 0 takes no new traffic.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>The weight while <see cref="State"/> is <see cref="SourceState.Warning"/>.</summary>
    public int WarningWeight { get; init; } = 1;

    /// <summary>SRV priority (RFC 2782): the lowest group that has an available endpoint gets the traffic.</summary>
    public int Priority { get; init; }

    /// <summary>What the source says of its health.</summary>
    public SourceState State { get; init; }

    /// <summary>
    /// What <see cref="State"/> is without the checks that have not run yet; null when all have run. An endpoint that was
    /// usable before has this state until they do: a check's first verdict is a guess.
    /// </summary>
    public SourceState? Untested { get; init; }

    /// <summary>Why <see cref="State"/> is not passing, for people ("check 'http' critical: connection refused"); else null.</summary>
    public string? Reason { get; init; }

    /// <summary>Tags of the registration; a host name may ask for one of them.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Free key-value pairs of the registration.</summary>
    public ImmutableDictionary<string, string> Meta { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>
    /// Grows with every registration, and when one changes (Consul's ModifyIndex); 0 where the source knows no order. Says
    /// whose <see cref="Meta"/> is the newest, and nothing else.
    /// </summary>
    public ulong Registered { get; init; }

    /// <summary>The datacenter that it is in, or "".</summary>
    public string Datacenter { get; init; } = "";

    /// <summary>"10.0.0.1:80".</summary>
    public string Address => Authority.Format(Host, Port);

    /// <summary>Equal in everything that a snapshot shows of it; arrays and dictionaries are compared by content.</summary>
    public bool Equals(ObservedEndpoint? other) =>
        other is not null && Id == other.Id && Host == other.Host && Port == other.Port && Weight == other.Weight
        && WarningWeight == other.WarningWeight && Priority == other.Priority && State == other.State && Reason == other.Reason
        && Datacenter == other.Datacenter && Tags.AsSpan().SequenceEqual(other.Tags.AsSpan()) && SameMeta(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Host, Port, Weight, State);

    private bool SameMeta(ObservedEndpoint other) =>
        ReferenceEquals(Meta, other.Meta)
        || (Meta.Count == other.Meta.Count && Meta.All(pair => other.Meta.TryGetValue(pair.Key, out var value) && value == pair.Value));
}
