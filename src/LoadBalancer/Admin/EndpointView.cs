using LoadBalancer.Core.Model;

namespace LoadBalancer.Admin;

/// <summary>An endpoint as /api/services shows it.</summary>
internal sealed record EndpointView
{
    /// <summary>"node/service-id", or the address where the source knows no identities.</summary>
    public required string Id { get; init; }

    public required string Address { get; init; }

    /// <summary>"available", "warning", or everything that keeps it from traffic: "critical", "drain, ejected".</summary>
    public required string State { get; init; }

    /// <summary>Why, for people; null when there is nothing to say.</summary>
    public required string? Reason { get; init; }

    /// <summary>What the balancer's last check of it found; null when it is not checked.</summary>
    public required string? Check { get; init; }

    public required int Weight { get; init; }

    /// <summary>The part of the weight that is in force: below 1 while it is warming up.</summary>
    public required double Ramp { get; init; }

    public required int Priority { get; init; }

    public required int InFlight { get; init; }

    /// <summary>How many it may have in flight; null for no limit.</summary>
    public required int? MaxInFlight { get; init; }

    /// <summary>Requests and connections that it ever got.</summary>
    public required long Total { get; init; }

    /// <summary>Those that ended in a fault of the endpoint.</summary>
    public required long Failures { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public required string Datacenter { get; init; }

    public static EndpointView Of(EndpointState state) => new()
    {
        Id = state.Endpoint.Id.ToString(),
        Address = state.Endpoint.Address,
        State = state.ToString(),
        Reason = state.Reason,
        Check = state.Endpoint.LastCheck,
        Weight = state.Weight,
        Ramp = state.Ramp,
        Priority = state.Priority,
        InFlight = state.Endpoint.InFlight,
        MaxInFlight = state.MaxInFlight == 0 ? null : state.MaxInFlight,
        Total = state.Endpoint.Total,
        Failures = state.Endpoint.Failures,
        Tags = state.Observed.Tags,
        Datacenter = state.Observed.Datacenter,
    };
}
