using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>
/// A balancing algorithm prepared for the endpoints of one snapshot. Picking allocates nothing and takes no lock; calling
/// again with the former pick excluded yields the next candidate.
/// </summary>
public abstract class Picker
{
    /// <summary>The picker of a service without an available endpoint.</summary>
    public static Picker None { get; } = new NonePicker();

    /// <summary>
    /// What of a request its <see cref="PickContext.Hash"/> must be made from before the first pick; null when the picker
    /// wants none, so that nobody computes it in vain.
    /// </summary>
    public virtual HashKey? HashOn => null;

    /// <summary>The next candidate that the context does not exclude, or null when there is none left.</summary>
    public abstract EndpointState? Pick(ref PickContext context);

    /// <summary>
    /// Those among whom the next pick is made: the lowest priority that the context does not exclude as a whole. Some of
    /// them may be excluded.
    /// </summary>
    public abstract ReadOnlySpan<EndpointState> Candidates(in PickContext context);

    private sealed class NonePicker : Picker
    {
        public override EndpointState? Pick(ref PickContext context) => null;

        public override ReadOnlySpan<EndpointState> Candidates(in PickContext context) => [];
    }
}
