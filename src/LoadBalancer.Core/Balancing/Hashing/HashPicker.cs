using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing.Hashing;

/// <summary>
/// The endpoint of the request's key; when it is excluded or has its fair share already, the next one at the places after
/// it, so that the keys of an overloaded endpoint spread over the others and each always to the same.
/// A request without the key goes to whoever has the turn.
/// </summary>
internal sealed class HashPicker(WeightedSequence sequence, HashTable table, HashKey key, double balanceFactor) : Picker
{
    /// <summary>
    /// With a factor of 1.25 at most four fifths of the places belong to endpoints that are full, so that a walk this long
    /// fails once in a million times.
    /// </summary>
    private const int LongestWalk = 64;

    private readonly LoadBound _bound = new(sequence.Endpoints, balanceFactor);

    public override HashKey? HashOn => key;

    public override EndpointState? Pick(ref PickContext context)
    {
        if (context.Hash is not { } hash || context.Count == PickContext.MaxTries)
        {
            return sequence.Next(ref context);
        }
        var perWeight = _bound.PerWeight();
        var index = table.IndexOf(hash);
        EndpointState? full = null;
        for (var i = 0; i < LongestWalk; i++)
        {
            var state = table[index];
            if (context.Count == 0 || !context.IsExcluded(state.Endpoint))
            {
                if (LoadBound.Admits(state, perWeight))
                {
                    return state;
                }
                full ??= state;
            }
            index = index + 1 < table.Length ? index + 1 : 0;
        }
        return full ?? sequence.Next(ref context);
    }
}
