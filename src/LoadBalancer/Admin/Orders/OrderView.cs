using LoadBalancer.Core.Health.Orders;

namespace LoadBalancer.Admin.Orders;

/// <summary>An order as /api/services shows it.</summary>
internal sealed record OrderView
{
    /// <summary>"ready", "drain" or "maint".</summary>
    public required string State { get; init; }

    /// <summary>The ordered weight; null leaves that to the source.</summary>
    public required int? Weight { get; init; }

    public required DateTimeOffset Since { get; init; }

    public static OrderView Of(OperatorOrder order) => new() { State = OrderWords.Of(order.State), Weight = order.Weight, Since = order.Since };
}
