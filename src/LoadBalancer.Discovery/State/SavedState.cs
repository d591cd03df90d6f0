namespace LoadBalancer.Discovery.State;

/// <summary>What the state file keeps for the next start.</summary>
/// <param name="Services">What the sources said last, each service once per source.</param>
/// <param name="Orders">What the operator ordered, each endpoint of a service once.</param>
public sealed record SavedState(IReadOnlyList<SavedService> Services, IReadOnlyList<SavedOrder> Orders)
{
    /// <summary>What there is before anything was saved.</summary>
    public static SavedState Empty { get; } = new([], []);
}
