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
    /// With a factor of 1.25 at most four fifths of the places belong to endpoints that are full, so that so many looks at
    /// random places fail once in a million times.
    /// </summary>
    private const int MostLooks = 64;

    private readonly LoadBound _bound = new(sequence.Endpoints, balanceFactor);

    public override HashKey? HashOn => key;

    public override ReadOnlySpan<EndpointState> Candidates(in PickContext context) => sequence.Endpoints;

    public override EndpointState? Pick(ref PickContext context)
    {
        if (context.Hash is not { } hash || context.Count == PickContext.MaxTries)
        {
            return sequence.Next(ref context);
        }
        var perWeight = _bound.PerWeight();
        var index = table.IndexOf(hash);
        EndpointState? full = null;
        for (var i = 0; i < MostLooks; i++)
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
        // A few keys with much of the load fill just the endpoints that come after them. Spread that far, no key has a
        // place to keep: it takes turns.
        for (var i = 0; i < MostLooks && full is not null; i++)
        {
            if (sequence.Next(ref context) is { } state && LoadBound.Admits(state, perWeight))
            {
                return state;
            }
        }
        return full ?? sequence.Next(ref context);
    }
}
