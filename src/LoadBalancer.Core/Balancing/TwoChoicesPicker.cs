using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>
/// Power of two distinct choices (Mitzenmacher, 2001): whoever has the turn, unless a random other one is clearly better.
/// </summary>
internal abstract class TwoChoicesPicker(WeightedSequence sequence, RandomSource random) : Picker
{
    public sealed override ReadOnlySpan<EndpointState> Candidates(in PickContext context) => sequence.Endpoints;

    public sealed override EndpointState? Pick(ref PickContext context)
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
        return IsBetter(second, first) ? second : first;
    }

    /// <summary>True when the random choice is clearly better than the one that has the turn.</summary>
    protected abstract bool IsBetter(EndpointState second, EndpointState first);

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
