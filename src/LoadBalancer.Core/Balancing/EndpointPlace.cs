using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>Finds an endpoint that is below its limit and takes a place on it.</summary>
internal static class EndpointPlace
{
    /// <summary>
    /// Algorithms that take turns or chance yield another candidate each time; the others would yield the full one again.
    /// </summary>
    private const int Picks = 2;

    /// <summary>Takes a place where the picker says; if that is full, on the least busy endpoint that has room.</summary>
    /// <param name="picker">Whom to ask.</param>
    /// <param name="context">Not changed: who is full now may have room in a moment, and does not count as tried.</param>
    /// <param name="isFull">True when there are endpoints, but none has room.</param>
    public static Endpoint? Take(Picker picker, ref PickContext context, out bool isFull)
    {
        isFull = false;
        for (var i = 0; i < Picks; i++)
        {
            if (picker.Pick(ref context) is not { } picked)
            {
                return null;
            }
            if (picked.Endpoint.TryBegin(picked.MaxInFlight))
            {
                return picked.Endpoint;
            }
        }
        // Exact: whoever has room is found, however many have none.
        while (LeastBusy(picker.Candidates(in context), in context) is { } state)
        {
            if (state.Endpoint.TryBegin(state.MaxInFlight))
            {
                return state.Endpoint;
            }
        }
        isFull = true;
        return null;
    }

    private static EndpointState? LeastBusy(ReadOnlySpan<EndpointState> candidates, in PickContext context)
    {
        EndpointState? best = null;
        var least = 0;
        foreach (var state in candidates)
        {
            var inFlight = state.Endpoint.InFlight;
            if ((state.MaxInFlight == 0 || inFlight < state.MaxInFlight)
                && (best is null || (long)inFlight * best.Share < (long)least * state.Share)
                && !context.IsExcluded(state.Endpoint))
            {
                (best, least) = (state, inFlight);
            }
        }
        return best;
    }
}
