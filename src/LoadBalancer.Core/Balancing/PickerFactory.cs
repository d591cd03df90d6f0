using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>Builds the pickers of a snapshot.</summary>
internal static class PickerFactory
{
    /// <summary>
    /// A picker over the available endpoints by priority. Endpoints that are only ejected come last: trying one of them beats
    /// answering 503 without having tried, so a passive verdict never empties a service. In a panic the policy decides.
    /// </summary>
    public static Picker Create(ServicePolicy policy, IReadOnlyList<EndpointState> endpoints, RandomSource random)
    {
        if (Panic.IsOn(policy, endpoints))
        {
            if (policy.Panic == PanicAction.Spread)
            {
                // Whatever their priority: the lowest group may be the one that is gone.
                return Create(policy, new WeightedSequence([.. endpoints.Where(Panic.IsWanted)], random), endpoints.Count, random);
            }
            if (Panic.Refuses(policy))
            {
                return Picker.None;
            }
        }
        var groups = endpoints
            .Where(static state => (state.Unavailability & ~Unavailability.Ejected) == Unavailability.None)
            .GroupBy(static state => (IsEjected: state.Unavailability == Unavailability.Ejected, state.Priority))
            .OrderBy(static group => group.Key)
            .Select(group => Create(policy, new WeightedSequence([.. group], random), endpoints.Count, random))
            .ToArray();
        return groups.Length switch
        {
            0 => Picker.None,
            1 => groups[0],
            _ => new PriorityPicker(groups),
        };
    }

    /// <summary>The pickers of the tags that some endpoints have and others have not.</summary>
    public static Dictionary<string, Picker> CreateTagged(ServicePolicy policy, IReadOnlyList<EndpointState> endpoints, RandomSource random)
    {
        var byTag = new Dictionary<string, List<EndpointState>>(StringComparer.OrdinalIgnoreCase);
        foreach (var state in endpoints)
        {
            foreach (var tag in state.Observed.Tags)
            {
                if (!byTag.TryGetValue(tag, out var tagged))
                {
                    byTag.Add(tag, tagged = []);
                }
                if (tagged.Count == 0 || tagged[^1] != state)
                {
                    tagged.Add(state);
                }
            }
        }
        return byTag.Where(pair => pair.Value.Count < endpoints.Count)
            .ToDictionary(static pair => pair.Key, pair => Create(policy, pair.Value, random), StringComparer.OrdinalIgnoreCase);
    }

    private static Picker Create(ServicePolicy policy, WeightedSequence sequence, int known, RandomSource random) => policy.Balance switch
    {
        _ when sequence.Endpoints.Length == 1 => new RoundRobinPicker(sequence),
        BalanceAlgorithm.RoundRobin => new RoundRobinPicker(sequence),
        // Its own random numbers: one counter for all services would be a cache line that every core writes on every request.
        BalanceAlgorithm.LeastRequest => new LeastRequestPicker(sequence, new RandomSource(random.Next())),
        BalanceAlgorithm.LeastConnections => new LeastConnectionsPicker(sequence),
        BalanceAlgorithm.Random => new RandomPicker(sequence, new RandomSource(random.Next())),
        BalanceAlgorithm.First => new FirstPicker(sequence),
        BalanceAlgorithm.Hash => new HashPicker(sequence, HashTable.Create(policy.HashTable, sequence, known), policy.HashOn, policy.HashBalanceFactor),
        BalanceAlgorithm.PeakEwma => new PeakEwmaPicker(sequence, new RandomSource(random.Next())),
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy.Balance, null),
    };
}
