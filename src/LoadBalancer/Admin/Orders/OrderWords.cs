using LoadBalancer.Core.Health.Orders;

namespace LoadBalancer.Admin.Orders;

/// <summary>The words of orders in the admin interface and on the command line.</summary>
internal static class OrderWords
{
    public const string Ready = "ready";
    public const string Drain = "drain";
    public const string Maintenance = "maint";

    public static string Of(OrderState state) => state switch
    {
        OrderState.Ready => Ready,
        OrderState.Drain => Drain,
        _ => Maintenance,
    };

    /// <summary>The state that a word means; null for another word.</summary>
    public static OrderState? Parse(string word) => word switch
    {
        Ready => OrderState.Ready,
        Drain => OrderState.Drain,
        Maintenance => OrderState.Maintenance,
        _ => null,
    };
}
