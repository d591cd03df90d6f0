using System.Globalization;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Health.Orders;

/// <summary>What the operator ordered for one endpoint. It stays until the operator says otherwise, whatever the source says.</summary>
/// <param name="State">Whether the endpoint may get traffic.</param>
/// <param name="Weight">The weight in the place of the source's, 0 to <see cref="MaxWeight"/>; null leaves that to the source.</param>
/// <param name="Since">When it was ordered.</param>
public sealed record OperatorOrder(OrderState State, int? Weight, DateTimeOffset Since)
{
    /// <summary>As far as an SRV weight goes (RFC 2782).</summary>
    public const int MaxWeight = 65_535;

    /// <summary>True when it asks for nothing: the endpoint is as if it had never had an order.</summary>
    public bool IsNone => State == OrderState.Ready && Weight is null;

    /// <summary>What it keeps the endpoint from.</summary>
    public Unavailability Unavailability => State switch
    {
        OrderState.Drain => Unavailability.OrderedDrain,
        OrderState.Maintenance => Unavailability.OrderedMaintenance,
        _ => Unavailability.None,
    };

    /// <summary>True when the other asks for the same, whenever that was.</summary>
    public bool AsksForTheSameAs(OperatorOrder? other) => other is not null && (State, Weight) == (other.State, other.Weight);

    /// <summary>For people: "ordered to drain by the operator at 2026-01-31 12:03Z".</summary>
    public override string ToString()
    {
        var what = (State, Weight) switch
        {
            (OrderState.Ready, _) => $"weight {Weight} ordered",
            (_, null) => $"ordered {Verb}",
            _ => $"ordered {Verb} with weight {Weight}",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{what} by the operator at {Since.UtcDateTime:yyyy-MM-dd HH:mm}Z");
    }

    private string Verb => State == OrderState.Drain ? "to drain" : "into maintenance";
}
