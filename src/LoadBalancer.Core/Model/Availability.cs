using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>How much of a service is available, and with which tags: what decides that requests go elsewhere. Made once per snapshot.</summary>
internal sealed class Availability
{
    private readonly HashSet<string> _tags = new(StringComparer.OrdinalIgnoreCase);
    private readonly int _known;

    public Availability(ImmutableArray<EndpointState> endpoints)
    {
        _known = endpoints.Length;
        foreach (var state in endpoints)
        {
            if (state.IsAvailable)
            {
                Available++;
                _tags.UnionWith(state.Observed.Tags);
            }
        }
    }

    /// <summary>How many endpoints are available.</summary>
    public int Available { get; }

    /// <summary>True when less than this share of the endpoints is available, or none.</summary>
    public bool IsBelow(int percent) => Available == 0 || Available * 100L < (long)percent * _known;

    /// <summary>True when an endpoint is available, with this tag unless it is empty. Allocates nothing.</summary>
    public bool Has(ReadOnlySpan<char> tag) =>
        Available > 0 && (tag.IsEmpty || _tags.GetAlternateLookup<ReadOnlySpan<char>>().Contains(tag));
}
