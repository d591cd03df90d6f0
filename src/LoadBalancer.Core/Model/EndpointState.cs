using LoadBalancer.Core.Health.Orders;

namespace LoadBalancer.Core.Model;

/// <summary>What a snapshot says of one endpoint. Immutable.</summary>
public sealed class EndpointState
{
    internal EndpointState(Endpoint endpoint, ObservedEndpoint observed, Unavailability unavailability, string? reason, string? held)
    {
        Endpoint = endpoint;
        Observed = observed;
        Unavailability = unavailability;
        Reason = reason;
        Held = held;
    }

    /// <summary>The identity with the counters.</summary>
    public Endpoint Endpoint { get; }

    /// <summary>What the source said.</summary>
    public ObservedEndpoint Observed { get; }

    /// <summary>What the operator ordered for it, or null.</summary>
    public OperatorOrder? Order { get; internal init; }

    /// <summary>The weight in force: what the operator ordered, else what the source says, the warning weight while it says warning.</summary>
    public int Weight => Order?.Weight ?? WeightOf(Observed);

    /// <summary>SRV priority; the lowest available group gets the traffic.</summary>
    public int Priority => Observed.Priority;

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
