using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing.Hashing;

/// <summary>
/// Bounded load (Mirrokni, Thorup, Zadimoghaddam, "Consistent hashing with bounded loads", SODA 2018): no endpoint takes a
/// request that would lift it above <c>factor</c> times its fair share of all that is in flight, rounded up, and at least two.
/// </summary>
/// <param name="endpoints">The endpoints among which the load is shared.</param>
/// <param name="factor">Above 1; 0 for no bound.</param>
internal sealed class LoadBound(EndpointState[] endpoints, double factor)
{
    private readonly double _weights = endpoints.Sum(static state => (double)state.Share);

    /// <summary>
    /// So many are no overload, whatever the share. A client sees its answer a moment before the lease ends: with a bound of
    /// one, its next request would find the endpoint full and lose its place.
    /// </summary>
    private const int AlwaysAdmitted = 2;

    // Adding up a thousand counts for every pick would cost more than all the rest. Each sum serves a sixteenth as many
    // picks as there are endpoints, and each of those counts as one more request: the bound is off by a sixteenth of a
    // request per endpoint, and exact up to sixteen endpoints.
    private readonly int _picksPerSum = Math.Max(1, endpoints.Length / 16);
    private int _picks = int.MaxValue - 1;
    private long _sum;

    /// <summary>
    /// How many requests one unit of weight may carry, with the one that is about to begin. Threads that get here at once may
    /// lose a count of each other; the next sum has it.
    /// </summary>
    public double PerWeight()
    {
        if (factor == 0)
        {
            return double.PositiveInfinity;
        }
        var picks = Volatile.Read(ref _picks) + 1;
        if (picks >= _picksPerSum)
        {
            picks = 0;
            Volatile.Write(ref _sum, Sum());
        }
        Volatile.Write(ref _picks, picks);
        return factor * (Volatile.Read(ref _sum) + picks + 1) / _weights;
    }

    /// <summary>True when the endpoint may take one more request, by the bound and by its limit.</summary>
    public static bool Admits(EndpointState state, double perWeight)
    {
        var inFlight = state.Endpoint.InFlight;
        return (state.MaxInFlight == 0 || inFlight < state.MaxInFlight) && (inFlight < AlwaysAdmitted || inFlight < Math.Ceiling(perWeight * state.Share));
    }

    private long Sum()
    {
        var sum = 0L;
        foreach (var state in endpoints)
        {
            sum += state.Endpoint.InFlight;
        }
        return sum;
    }
}
