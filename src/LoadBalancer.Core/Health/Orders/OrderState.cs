namespace LoadBalancer.Core.Health.Orders;

/// <summary>What the operator wants an endpoint to do.</summary>
public enum OrderState
{
    /// <summary>Serve, if nothing else keeps it from that.</summary>
    Ready,

    /// <summary>Get no new traffic: what runs may finish, and clients that are bound to it stay.</summary>
    Drain,

    /// <summary>Get no traffic at all, whoever asks for it.</summary>
    Maintenance,
}
