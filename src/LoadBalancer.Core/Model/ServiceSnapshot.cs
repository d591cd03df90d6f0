using System.Collections.Immutable;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Orders;
using LoadBalancer.Core.Model.Meta;
using LoadBalancer.Core.Stickiness;

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

    /// <summary>The registration whose meta is part of <see cref="Policy"/>; null when it is from the configuration alone.</summary>
    public EndpointId? PolicyFrom { get; init; }

    /// <summary>What of the registrations' meta is not part of <see cref="Policy"/>, and why.</summary>
    public ImmutableArray<PolicyProblem> PolicyProblems { get; init; } = [];

    /// <summary>The last error of the source, or null when its last answer was good.</summary>
    public required string? SourceError { get; init; }

    /// <summary>True while the endpoints come from the state file or a former configuration and no source has confirmed them.</summary>
    public required bool IsStale { get; init; }

    /// <summary>True when none of the endpoints is available that nobody took out on purpose, or too few; see <see cref="ServicePolicy.Panic"/>.</summary>
    public bool IsInPanic { get; init; }

    /// <summary>Which endpoint a client's cookie names; null when the service is not sticky.</summary>
    public StickyTable? Sticky { get; internal init; }

    /// <summary>True while too little of the service is available and it has fallbacks, which then take its requests.</summary>
    public bool FallsBack { get; internal init; }

    internal Availability Availability { get; init; } = new([], isRefused: false);

    /// <summary>What the operator ordered, also for endpoints that are not there now.</summary>
    public ImmutableDictionary<EndpointId, OperatorOrder> Orders { get; init; } = ImmutableDictionary<EndpointId, OperatorOrder>.Empty;

    internal Picker Picker { get; init; } = Picker.None;

    /// <summary>Pickers of the tags that only some endpoints have; a tag that all have is served by <see cref="Picker"/>.</summary>
    internal Dictionary<string, Picker> Tagged { get; init; } = [];

    /// <summary>How many endpoints are available.</summary>
    public int AvailableCount => Availability.Available;

    /// <summary>True when an endpoint is available, with <paramref name="tag"/> unless that is empty. Allocates nothing.</summary>
    public bool HasAvailable(ReadOnlySpan<char> tag) => Availability.Has(tag);

    /// <summary>The datacenter of the endpoints (of the last ones, when there are none now), or "" where the source knows none.</summary>
    public required string Datacenter { get; init; }

    /// <summary>
    /// The picker of all endpoints (<paramref name="tag"/> empty) or of those with a tag, without regard to case; null when
    /// no endpoint has the tag.
    /// </summary>
    public Picker? PickerFor(ReadOnlySpan<char> tag) => PickerFor(tag, out _);

    /// <inheritdoc cref="PickerFor(ReadOnlySpan{char})"/>
    /// <param name="tag">The tag.</param>
    /// <param name="known">The tag as an endpoint writes it, to keep without a copy; "" when none has it.</param>
    internal Picker? PickerFor(ReadOnlySpan<char> tag, out string known)
    {
        known = "";
        if (tag.IsEmpty)
        {
            return Picker;
        }
        if (Tagged.Count > 0 && Tagged.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(tag, out var actual, out var tagged))
        {
            known = actual;
            return tagged;
        }
        foreach (var candidate in Endpoints.Length == 0 ? [] : Endpoints[0].Observed.Tags)
        {
            // Not in Tagged, but on the first endpoint: then all have it.
            if (tag.Equals(candidate, StringComparison.OrdinalIgnoreCase))
            {
                known = candidate;
                return Picker;
            }
        }
        return null;
    }
}
