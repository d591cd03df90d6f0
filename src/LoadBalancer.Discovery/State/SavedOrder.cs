using LoadBalancer.Core.Health.Orders;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.State;

/// <summary>The operator's order for one endpoint, as the state file keeps it.</summary>
/// <param name="Service">The service's name.</param>
/// <param name="Endpoint">The endpoint, whether it is there or not.</param>
/// <param name="Order">What was ordered.</param>
public sealed record SavedOrder(string Service, EndpointId Endpoint, OperatorOrder Order);
