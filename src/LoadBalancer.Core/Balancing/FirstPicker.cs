using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>
/// The first endpoint that is below the limit, the heaviest first and equal weights by identity; when all are full, the
/// least busy.
/// </summary>
/// <param name="sequence">The endpoints.</param>
internal sealed class FirstPicker(WeightedSequence sequence) : Picker
{
    private readonly EndpointState[] _order = [.. sequence.Endpoints.OrderByDescending(static state => state.Weight)];
    private readonly LeastConnectionsPicker _otherwise = new(sequence);

    public override ReadOnlySpan<EndpointState> Candidates(in PickContext context) => sequence.Endpoints;

    public override EndpointState? Pick(ref PickContext context)
    {
        if (context.Count < PickContext.MaxTries)
        {
            foreach (var state in _order)
            {
                if (state.HasRoom && !context.IsExcluded(state.Endpoint))
                {
                    return state;
                }
            }
        }
        return _otherwise.Pick(ref context);
    }
}
