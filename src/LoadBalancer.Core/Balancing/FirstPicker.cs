using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>
/// The first endpoint that is below the limit, the heaviest first and equal weights by identity; when all are full, the
/// least busy.
/// </summary>
/// <param name="sequence">The endpoints.</param>
/// <param name="limit">Requests in flight per endpoint; 0 for no limit. Threads that pick at the same moment may pass it.</param>
internal sealed class FirstPicker(WeightedSequence sequence, int limit) : Picker
{
    private readonly EndpointState[] _order = [.. sequence.Endpoints.OrderByDescending(static state => state.Weight)];
    private readonly LeastConnectionsPicker _otherwise = new(sequence);

    public override EndpointState? Pick(ref PickContext context)
    {
        if (context.Count < PickContext.MaxTries)
        {
            foreach (var state in _order)
            {
                if ((limit == 0 || state.Endpoint.InFlight < limit) && !context.IsExcluded(state.Endpoint))
                {
                    return state;
                }
            }
        }
        return _otherwise.Pick(ref context);
    }
}
