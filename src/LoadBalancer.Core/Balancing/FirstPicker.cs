using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>
/// The first endpoint that is below the limit, the heaviest first and equal weights by identity; when all are full, the
/// least busy.
/// </summary>
internal sealed class FirstPicker : Picker
{
    private readonly EndpointState[] _order;
    private readonly int[] _limits;
    private readonly LeastConnectionsPicker _otherwise;

    /// <param name="sequence">The endpoints.</param>
    /// <param name="limit">
    /// Requests in flight per endpoint, fewer for one that is warming up; 0 for no limit. Threads that pick at the same moment
    /// may pass it.
    /// </param>
    public FirstPicker(WeightedSequence sequence, int limit)
    {
        _order = [.. sequence.Endpoints.OrderByDescending(static state => state.Weight)];
        _limits = Array.ConvertAll(_order, state => limit == 0 ? int.MaxValue : (int)Math.Ceiling(limit * state.Ramp));
        _otherwise = new LeastConnectionsPicker(sequence);
    }

    public override EndpointState? Pick(ref PickContext context)
    {
        if (context.Count < PickContext.MaxTries)
        {
            for (var i = 0; i < _order.Length; i++)
            {
                if (_order[i].Endpoint.InFlight < _limits[i] && !context.IsExcluded(_order[i].Endpoint))
                {
                    return _order[i];
                }
            }
        }
        return _otherwise.Pick(ref context);
    }
}
