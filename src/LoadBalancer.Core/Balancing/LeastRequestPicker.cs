using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>Of two choices the one with fewer requests in flight for its weight.</summary>
internal sealed class LeastRequestPicker(WeightedSequence sequence, RandomSource random) : TwoChoicesPicker(sequence, random)
{
    protected override bool IsBetter(EndpointState second, EndpointState first)
    {
        // In integers: first / w1 > (second + 1/2) / w2. The half is rounding: a light endpoint that idles does not
        // count as less loaded than a heavy one with a single request, else weights would not hold at low load.
        var load = (2L * first.Endpoint.InFlight) * second.Share;
        var otherLoad = ((2L * second.Endpoint.InFlight) + 1) * first.Share;
        return load > otherLoad;
    }
}
