using System.IO.Hashing;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing.Hashing;

/// <summary>
/// Consistent hashing (Karger et al., STOC 1997): each endpoint has points on a ring as its weight says; a hash belongs to
/// the next point.
/// </summary>
internal sealed class RingTable : HashTable
{
    /// <summary>Points of an endpoint of average weight: between half of this and this.</summary>
    private const int PointsPerEndpoint = 160;

    private readonly ulong[] _points;
    private readonly EndpointState[] _owners;

    public RingTable(EndpointState[] endpoints)
    {
        // A power of two: the points per weight stay the same unless the average weight changes a lot.
        var average = endpoints.Average(static state => (double)state.Weight);
        var pointsPerWeight = PointsPerEndpoint / Math.Pow(2, Math.Ceiling(Math.Log2(average)));
        var points = new List<(ulong Point, EndpointState Owner)>(endpoints.Length * PointsPerEndpoint);
        foreach (var state in endpoints)
        {
            var identity = IdentityOf(state);
            var count = Math.Max(1, Math.Round(state.Share * pointsPerWeight / SlowStart.Full));
            for (var k = 0; k < count; k++)
            {
                points.Add((XxHash64.HashToUInt64(identity, seed: k + 1), state));
            }
        }
        _points = [.. points.Select(static point => point.Point)];
        _owners = [.. points.Select(static point => point.Owner)];
        Array.Sort(_points, _owners);
    }

    public override int Length => _points.Length;

    public override EndpointState this[int index] => _owners[index];

    public override int IndexOf(ulong hash)
    {
        var index = Array.BinarySearch(_points, hash);
        index = index < 0 ? ~index : index;
        return index < _points.Length ? index : 0;
    }
}
