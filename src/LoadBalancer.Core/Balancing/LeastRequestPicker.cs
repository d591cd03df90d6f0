using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>
/// Power of two distinct choices: whoever has the turn, unless a random other one has clearly fewer requests in flight for
/// its weight.
/// </summary>
internal sealed class LeastRequestPicker(WeightedSequence sequence, RandomSource random) : Picker
{
    public override EndpointState? Pick(ref PickContext context)
    {
        var first = sequence.Next(ref context);
        if (first is null || sequence.Endpoints.Length == 1)
        {
            return first;
        }
        var second = Other(first);
        if (context.Count > 0 && context.IsExcluded(second.Endpoint))
        {
            return first;
        }
        // In integers: first / w1 > (second + 1/2) / w2. The half is rounding: a light endpoint that idles does not
        // count as less loaded than a heavy one with a single request, else weights would not hold at low load.
        var load = (2L * first.Endpoint.InFlight) * second.Weight;
        var otherLoad = ((2L * second.Endpoint.InFlight) + 1) * first.Weight;
        return load > otherLoad ? second : first;
    }

    /// <summary>A random endpoint that is not <paramref name="first"/>: by weight, or evenly if that finds none at once.</summary>
    private EndpointState Other(EndpointState first)
    {
        for (var i = 0; i < 3; i++)
        {
            var other = sequence[random.Next(sequence.Length)];
            if (!ReferenceEquals(other, first))
            {
                return other;
            }
        }
        var endpoints = sequence.Endpoints;
        var index = random.Next(endpoints.Length - 1);
        return ReferenceEquals(endpoints[index], first) ? endpoints[^1] : endpoints[index];
    }
}
