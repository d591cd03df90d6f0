using System.Collections.Immutable;
using LoadBalancer.Admin.Orders;
using LoadBalancer.Core.Health.Orders;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Admin;

/// <summary>An endpoint as /api/services shows it.</summary>
internal sealed record EndpointView
{
    /// <summary>The state of an endpoint that has an order and is not there.</summary>
    public const string Absent = "absent";

    /// <summary>"node/service-id", or the address where the source knows no identities.</summary>
    public required string Id { get; init; }

    /// <summary>"10.0.0.1:80"; "" while it is absent.</summary>
    public required string Address { get; init; }

    /// <summary>"available", "warning", everything that keeps it from traffic ("critical", "drain, ejected"), or "absent".</summary>
    public required string State { get; init; }

    /// <summary>Why, for people; null when there is nothing to say.</summary>
    public required string? Reason { get; init; }

    /// <summary>What the balancer's last check of it found; null when it is not checked.</summary>
    public required string? Check { get; init; }

    /// <summary>What the operator ordered; null for nothing.</summary>
    public required OrderView? Order { get; init; }

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
        Order = state.Order is null ? null : OrderView.Of(state.Order),
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

    /// <summary>One endpoint of a service, there or not.</summary>
    public static EndpointView Of(ServiceSnapshot snapshot, EndpointId id) =>
        snapshot.Endpoints.FirstOrDefault(state => state.Endpoint.Id == id) is { } state ? Of(state)
        : OfAbsent(id, snapshot.Orders.GetValueOrDefault(id));

    /// <summary>All endpoints of a service, and after them those that have an order and are not there.</summary>
    public static IReadOnlyList<EndpointView> AllOf(ServiceSnapshot snapshot) =>
    [
        .. snapshot.Endpoints.Select(Of),
        .. snapshot.Orders.ExceptBy(snapshot.Endpoints.Select(static state => state.Endpoint.Id), static pair => pair.Key)
            .OrderBy(static pair => pair.Key.ToString(), StringComparer.Ordinal).Select(static pair => OfAbsent(pair.Key, pair.Value)),
    ];

    private static EndpointView OfAbsent(EndpointId id, OperatorOrder? order) => new()
    {
        Id = id.ToString(),
        Address = "",
        State = Absent,
        Reason = order?.ToString(),
        Order = order is null ? null : OrderView.Of(order),
        Check = null,
        Weight = order?.Weight ?? 0,
        Ramp = 1,
        Priority = 0,
        InFlight = 0,
        MaxInFlight = null,
        Total = 0,
        Failures = 0,
        Tags = [],
        Datacenter = "",
    };
}
