using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>
/// The first endpoint that is below its limit, the heaviest first and equal weights by identity; when all are full, the
/// least busy.
/// </summary>
internal sealed class FirstPicker : Picker
{
    private readonly WeightedSequence _sequence;
    private readonly EndpointState[] _order;
    private readonly int[] _limits;
    private readonly LeastConnectionsPicker _otherwise;

    /// <param name="sequence">The endpoints.</param>
    public FirstPicker(WeightedSequence sequence)
    {
        _sequence = sequence;
        _order = [.. sequence.Endpoints.OrderByDescending(static state => state.Weight)];
        // One that is warming up is filled less.
        _limits = Array.ConvertAll(_order, static state => state.MaxInFlight == 0 ? int.MaxValue : (int)Math.Ceiling(state.MaxInFlight * state.Ramp));
        _otherwise = new LeastConnectionsPicker(sequence);
    }

    public override ReadOnlySpan<EndpointState> Candidates(in PickContext context) => _sequence.Endpoints;

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
