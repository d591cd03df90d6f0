using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>How much of a service is available, and with which tags: what decides that requests go elsewhere. Made once per snapshot.</summary>
internal sealed class Availability
{
    private readonly HashSet<string> _tags = new(StringComparer.OrdinalIgnoreCase);

    public Availability(ImmutableArray<EndpointState> endpoints)
    {
        Known = endpoints.Length;
        foreach (var state in endpoints)
        {
            if (state.IsAvailable)
            {
                Available++;
                _tags.UnionWith(state.Observed.Tags);
            }
        }
    }

    /// <summary>How many endpoints there are.</summary>
    public int Known { get; }

    /// <summary>How many of them are available.</summary>
    public int Available { get; }

    /// <summary>True when an endpoint is available, with this tag unless it is empty. Allocates nothing.</summary>
    public bool Has(ReadOnlySpan<char> tag) =>
        Available > 0 && (tag.IsEmpty || _tags.GetAlternateLookup<ReadOnlySpan<char>>().Contains(tag));
}
