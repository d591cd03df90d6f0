using System.Collections.Immutable;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Orders;

namespace LoadBalancer.Core.Model;

/// <summary>
/// The immutable truth about one service. Published with one swap by the service's writer, so that a request sees
/// endpoints, health, policy and picker of the same moment.
/// </summary>
public sealed class ServiceSnapshot
{
    internal ServiceSnapshot()
    {
    }

    /// <summary>Counts the snapshots of the service, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>The source in force, or "" before the first observation.</summary>
    public required string Source { get; init; }

    /// <summary>Every endpoint that the source names or that is held, in whatever state, by identity.</summary>
    public required ImmutableArray<EndpointState> Endpoints { get; init; }

    /// <summary>The service's settings.</summary>
    public required ServicePolicy Policy { get; init; }

    /// <summary>The last error of the source, or null when its last answer was good.</summary>
    public required string? SourceError { get; init; }

    /// <summary>True while the endpoints come from the state file or a former configuration and no source has confirmed them.</summary>
    public required bool IsStale { get; init; }

    /// <summary>What the operator ordered, also for endpoints that are not there now.</summary>
    public ImmutableDictionary<EndpointId, OperatorOrder> Orders { get; init; } = ImmutableDictionary<EndpointId, OperatorOrder>.Empty;

    internal Picker Picker { get; init; } = Picker.None;

    /// <summary>Pickers of the tags that only some endpoints have; a tag that all have is served by <see cref="Picker"/>.</summary>
    internal Dictionary<string, Picker> Tagged { get; init; } = [];

    /// <summary>How many endpoints are available.</summary>
    public int AvailableCount => Endpoints.Count(endpoint => endpoint.IsAvailable);

    /// <summary>The datacenter of the endpoints (of the last ones, when there are none now), or "" where the source knows none.</summary>
    public required string Datacenter { get; init; }

    /// <summary>
    /// The picker of all endpoints (<paramref name="tag"/> empty) or of those with a tag, without regard to case; null when
    /// no endpoint has the tag.
    /// </summary>
    public Picker? PickerFor(ReadOnlySpan<char> tag)
    {
        if (tag.IsEmpty)
        {
            return Picker;
        }
        if (Tagged.Count > 0 && Tagged.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(tag, out var tagged))
        {
            return tagged;
        }
        foreach (var candidate in Endpoints.Length == 0 ? [] : Endpoints[0].Observed.Tags)
        {
            // Not in Tagged, but on the first endpoint: then all have it.
            if (tag.Equals(candidate, StringComparison.OrdinalIgnoreCase))
            {
                return Picker;
            }
        }
        return null;
    }
}
