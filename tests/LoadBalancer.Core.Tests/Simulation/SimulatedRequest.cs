using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Tests.Simulation;

/// <summary>One request on its way; a class, because a lease must stay in one place.</summary>
internal sealed class SimulatedRequest(TimeSpan arrived)
{
    public Lease Lease;

    public PickContext Context;

    public TimeSpan Arrived { get; } = arrived;
}
