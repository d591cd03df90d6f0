using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Orders;

namespace LoadBalancer.Core.Model;

/// <summary>What a snapshot says of one endpoint. Immutable.</summary>
public sealed class EndpointState
{
    internal EndpointState(Endpoint endpoint, ObservedEndpoint observed, Unavailability unavailability, string? reason, string? held, int sixteenths)
    {
        Endpoint = endpoint;
        Observed = observed;
        Unavailability = unavailability;
        Reason = reason;
        Held = held;
        Sixteenths = sixteenths;
    }

    /// <summary>The identity with the counters.</summary>
    public Endpoint Endpoint { get; }

    /// <summary>What the source said.</summary>
    public ObservedEndpoint Observed { get; }

    /// <summary>What the operator ordered for it, or null.</summary>
    public OperatorOrder? Order { get; internal init; }

    /// <summary>The weight in force: what the operator ordered, else what the source says, the warning weight while it says warning.</summary>
    public int Weight => Order?.Weight ?? WeightOf(Observed);

    /// <summary>The part of its weight that is in force: below 1 while it is warming up.</summary>
    public double Ramp => (double)Sixteenths / SlowStart.Full;

    /// <summary>The same in sixteenths.</summary>
    internal int Sixteenths { get; }

    /// <summary>What the pickers take for its weight: the sixteenths of it that are in force.</summary>
    internal int Share => Math.Min(Weight, int.MaxValue / SlowStart.Full) * Sixteenths;

    /// <summary>SRV priority; the lowest available group gets the traffic.</summary>
    public int Priority => Observed.Priority;

    /// <summary>How many leases it may have at once; 0 for no limit.</summary>
    public int MaxInFlight { get; internal init; }

    /// <summary>True when it may get one more at this moment; only a lease makes sure.</summary>
    public bool HasRoom => MaxInFlight == 0 || Endpoint.InFlight < MaxInFlight;

    /// <summary>Why it gets no new traffic; none when it does.</summary>
    public Unavailability Unavailability { get; }

    /// <summary>True when every input agrees that it may get traffic.</summary>
    public bool IsAvailable => Unavailability == Unavailability.None;

    /// <summary>The same for people; null when available and passing.</summary>
    public string? Reason { get; }

    /// <summary>Why it is kept although its source no longer names it, or null.</summary>
    public string? Held { get; }

    /// <summary>"available", "warning", or everything that keeps it from traffic: "critical", "drain, ejected".</summary>
    public override string ToString() =>
        !IsAvailable ? Unavailability.ToString().ToLowerInvariant()
        : Observed.State == SourceState.Warning ? "warning" : "available";

    internal static int WeightOf(ObservedEndpoint observed) =>
        observed.State == SourceState.Warning ? observed.WarningWeight : observed.Weight;
}
