using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>Asks the groups in order; a later one only when no candidate of an earlier one is left.</summary>
internal sealed class PriorityPicker(Picker[] groups) : Picker
{
    /// <summary>A group of one endpoint wants no key even where the others do.</summary>
    public override HashKey? HashOn { get; } = Array.Find(groups, static group => group.HashOn is not null)?.HashOn;

    public override ReadOnlySpan<EndpointState> Candidates(in PickContext context)
    {
        foreach (var group in groups)
        {
            var candidates = group.Candidates(in context);
            foreach (var state in candidates)
            {
                if (!context.IsExcluded(state.Endpoint))
                {
                    return candidates;
                }
            }
        }
        return [];
    }

    public override EndpointState? Pick(ref PickContext context)
    {
        foreach (var group in groups)
        {
            if (group.Pick(ref context) is { } state)
            {
                return state;
            }
        }
        return null;
    }
}
