using System.Text.Json.Serialization;

namespace LoadBalancer.Admin.Orders;

/// <summary>The body of a PUT of an order.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record OrderRequest
{
    /// <summary>One of <see cref="OrderWords"/>.</summary>
    public string? State { get; init; }

    /// <summary>0 to 65535; null leaves the weight to the source.</summary>
    public int? Weight { get; init; }
}
