using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Routing;

/// <summary>
/// Shares the requests of a route out to its targets by weight: in turns, or by the hash of a key, so that a client stays with
/// its target. While a target has nobody available its share goes to the others, by their weights: a canary without
/// instances costs no request.
/// </summary>
internal sealed class RouteSplit(Route route, Catalog catalog)
{
    private readonly RouteTarget[] _targets = [.. route.Split];
    private readonly ulong _total = Sum(route.Split);
    private readonly EvenSequence _turns = new(catalog.NextSeed());

    public RouteMatch Choose(IKeyLookup? keys)
    {
        var draw = route.SplitOn is { } key && keys?.HashOf(key) is { } hash ? Mix(hash) : _turns.Next();
        var chosen = Lead(_targets[IndexOf(draw, _total, default)]);
        // Drawn anew: where the first draw fell says which target it was.
        return HasAvailable(chosen) ? chosen : ChooseAmongAvailable(Mix(draw), chosen);
    }

    private RouteMatch ChooseAmongAvailable(ulong draw, RouteMatch otherwise)
    {
        Span<bool> available = stackalloc bool[_targets.Length];
        var total = 0UL;
        for (var i = 0; i < _targets.Length; i++)
        {
            available[i] = HasAvailable(Lead(_targets[i]));
            total += available[i] ? (ulong)_targets[i].Weight : 0;
        }
        return total == 0 ? otherwise : Lead(_targets[IndexOf(draw, total, available)]);
    }

    /// <summary>The target at a place between 0 and 2^64 of the line on which each has a stretch of its weight.</summary>
    private int IndexOf(ulong draw, ulong total, ReadOnlySpan<bool> only)
    {
        var place = Math.BigMul(draw, total, out _);
        for (var i = 0; ; i++)
        {
            var weight = only.IsEmpty || only[i] ? (ulong)_targets[i].Weight : 0;
            if (place < weight)
            {
                return i;
            }
            place -= weight;
        }
    }

    private RouteMatch Lead(RouteTarget target) => new(catalog.Find(target.Service), target.Service, target.Tag);

    private static bool HasAvailable(RouteMatch match) => match.Service?.Snapshot.HasAvailable(match.Tag) == true;

    private static ulong Sum(IEnumerable<RouteTarget> targets) => targets.Aggregate(0UL, static (sum, target) => sum + (ulong)target.Weight);

    /// <summary>The finalizer of SplitMix64: what a key's hash says here says nothing about its place in a service's hash table.</summary>
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
