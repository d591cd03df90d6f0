using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>Smooth weighted round robin: a sequence that was laid out with the snapshot, read in turn.</summary>
internal sealed class RoundRobinPicker(WeightedSequence sequence) : Picker
{
    public override ReadOnlySpan<EndpointState> Candidates(in PickContext context) => sequence.Endpoints;

    public override EndpointState? Pick(ref PickContext context) => sequence.Next(ref context);
}
