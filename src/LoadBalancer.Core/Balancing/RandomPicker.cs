using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>
/// At random by weight, by the alias method (Walker, 1977, as built by Vose, 1991): one random number and two array accesses,
/// whatever the weights.
/// </summary>
internal sealed class RandomPicker : Picker
{
    private readonly WeightedSequence _sequence;
    private readonly RandomSource _random;
    private readonly EndpointState[] _endpoints;

    /// <summary>Each column holds its own endpoint up to its threshold (2^32 is all of it), and its alias above.</summary>
    private readonly (ulong Threshold, int Alias)[] _columns;

    public RandomPicker(WeightedSequence sequence, RandomSource random)
    {
        _sequence = sequence;
        _random = random;
        _endpoints = sequence.Endpoints;
        _columns = Build(_endpoints);
    }

    public override ReadOnlySpan<EndpointState> Candidates(in PickContext context) => _sequence.Endpoints;

    public override EndpointState? Pick(ref PickContext context)
    {
        if (context.Count == 0)
        {
            return Draw();
        }
        // A retry: some more draws keep the weights; the sequence settles what an unlucky run leaves open.
        for (var i = 0; i < PickContext.MaxTries && context.Count < PickContext.MaxTries; i++)
        {
            var drawn = Draw();
            if (!context.IsExcluded(drawn.Endpoint))
            {
                return drawn;
            }
        }
        return _sequence.Next(ref context);
    }

    private EndpointState Draw()
    {
        var bits = _random.Next();
        var column = (int)((bits >> 32) * (ulong)_columns.Length >> 32);
        var (threshold, alias) = _columns[column];
        return _endpoints[(uint)bits < threshold ? column : alias];
    }

    private static (ulong, int)[] Build(EndpointState[] endpoints)
    {
        var mean = endpoints.Average(static state => (double)state.Share);
        var shares = Array.ConvertAll(endpoints, state => state.Share / mean);
        var columns = new (ulong, int)[shares.Length];
        var small = new Stack<int>();
        var large = new Stack<int>();
        for (var i = 0; i < shares.Length; i++)
        {
            // What rounding leaves on either stack is full.
            columns[i] = (1UL << 32, i);
            (shares[i] < 1 ? small : large).Push(i);
        }
        while (small.TryPop(out var less) && large.TryPop(out var more))
        {
            columns[less] = ((ulong)(shares[less] * (1UL << 32)), more);
            shares[more] -= 1 - shares[less];
            (shares[more] < 1 ? small : large).Push(more);
        }
        return columns;
    }
}
