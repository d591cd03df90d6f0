using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>
/// The order in which weighted endpoints take turns: each appears as often as its weight says, spread as evenly as
/// possible. Prepared once per snapshot, so that a turn is one increment and one array access.
/// </summary>
internal sealed class WeightedSequence
{
    private readonly EndpointState[] _turns;
    private long _next;

    public WeightedSequence(IReadOnlyList<EndpointState> endpoints, RandomSource random)
    {
        Endpoints = [.. endpoints];
        _turns = Build(Endpoints);
        // Balancers that got the same snapshot at the same moment do not march in step.
        _next = random.Next(_turns.Length);
    }

    /// <summary>The endpoints, each once.</summary>
    public EndpointState[] Endpoints { get; }

    /// <summary>How long the sequence is before it repeats.</summary>
    public int Length => _turns.Length;

    /// <summary>The endpoint at a turn, from 0 to <see cref="Length"/> - 1.</summary>
    public EndpointState this[int turn] => _turns[turn];

    /// <summary>A place among the <see cref="Endpoints"/> that moves on with every turn; where all weights are equal, the one of the turn.</summary>
    public int Rotation => (int)((ulong)Volatile.Read(ref _next) % (ulong)Endpoints.Length);

    /// <summary>
    /// The endpoint whose turn it is among those that the context does not exclude; null when there is none, or when the
    /// request has had its tries.
    /// </summary>
    public EndpointState? Next(ref PickContext context)
    {
        if (context.Count == PickContext.MaxTries)
        {
            return null;
        }
        var next = Next();
        if (context.Count == 0 || !context.IsExcluded(next.Endpoint))
        {
            return next;
        }
        // A retry: some more turns keep the weights; a scan settles what an unlucky run of turns leaves open.
        for (var i = 0; i < 2 * PickContext.MaxTries; i++)
        {
            next = Next();
            if (!context.IsExcluded(next.Endpoint))
            {
                return next;
            }
        }
        // From a place that moves, so that not all that gets here goes to the same endpoint.
        var start = Rotation;
        for (var i = 0; i < Endpoints.Length; i++)
        {
            next = Endpoints[(start + i) % Endpoints.Length];
            if (!context.IsExcluded(next.Endpoint))
            {
                return next;
            }
        }
        return null;
    }

    private EndpointState Next() => _turns[(int)((ulong)Interlocked.Increment(ref _next) % (ulong)_turns.Length)];

    private static EndpointState[] Build(EndpointState[] endpoints)
    {
        var weights = Reduce(endpoints);
        var turns = new EndpointState[weights.Sum()];
        if (turns.Length == endpoints.Length)
        {
            return endpoints;
        }
        var due = new long[turns.Length];
        var turn = 0;
        for (var i = 0; i < endpoints.Length; i++)
        {
            for (var k = 0; k < weights[i]; k++, turn++)
            {
                // The k-th of w turns belongs in the middle of the k-th w-th of the round. Equal times keep the order of the
                // endpoints (the low bits), so that every round of the equal-weighted is in the same order.
                due[turn] = ((long)((k + 0.5) / weights[i] * (1L << 40)) << 22) + i;
                turns[turn] = endpoints[i];
            }
        }
        Array.Sort(due, turns);
        return turns;
    }

    /// <summary>The weights divided by their greatest common divisor, and scaled down where the round would be too long.</summary>
    private static int[] Reduce(EndpointState[] endpoints)
    {
        var divisor = 0;
        var sum = 0L;
        foreach (var endpoint in endpoints)
        {
            divisor = Gcd(endpoint.Share, divisor);
            sum += endpoint.Share;
        }
        var longest = Math.Max(4096, 16 * endpoints.Length);
        var scale = sum / divisor > longest ? (double)longest / sum : 1.0 / divisor;
        return Array.ConvertAll(endpoints, endpoint => Math.Max(1, (int)Math.Round(endpoint.Share * scale)));
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
