using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>How much of a service is available, and with which tags: what decides that requests go elsewhere. Made once per snapshot.</summary>
internal sealed class Availability
{
    private readonly HashSet<string> _tags = new(StringComparer.OrdinalIgnoreCase);
    private readonly int _known;
    private readonly bool _isRefused;

    /// <param name="endpoints">Those of the snapshot.</param>
    /// <param name="isRefused">True when nobody is asked, available or not, see <see cref="Health.Panic.Refuses"/>.</param>
    public Availability(ImmutableArray<EndpointState> endpoints, bool isRefused)
    {
        _isRefused = isRefused;
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

    /// <summary>True when less than this share of the endpoints is available, or none, or nobody is asked.</summary>
    public bool IsBelow(int percent) => _isRefused || Available == 0 || Available * 100L < (long)percent * _known;

    /// <summary>True when an endpoint is available and asked, with this tag unless it is empty. Allocates nothing.</summary>
    public bool Has(ReadOnlySpan<char> tag) =>
        !_isRefused && Available > 0 && (tag.IsEmpty || _tags.GetAlternateLookup<ReadOnlySpan<char>>().Contains(tag));
}
