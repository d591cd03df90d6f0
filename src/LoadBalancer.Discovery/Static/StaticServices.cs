using System.ComponentModel.DataAnnotations;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.Static;

/// <summary>The rules of <c>discovery.static</c> that hold between its endpoints: service name to endpoints.</summary>
public static class StaticServices
{
    /// <summary>
    /// Refuses an address that stands twice in one service. The rules of a single endpoint are its own
    /// (<see cref="StaticEndpointOptions.Validate"/>); member names are the service's name.
    /// </summary>
    public static IEnumerable<ValidationResult> Validate(IReadOnlyDictionary<string, IReadOnlyList<StaticEndpointOptions>> services)
    {
        foreach (var (service, endpoints) in services)
        {
            var seen = new HashSet<EndpointId>();
            foreach (var endpoint in endpoints)
            {
                if (Authority.TryParse(endpoint.Address ?? "", null, out var host, out var port, out _) && !seen.Add(EndpointId.OfAddress(host, port)))
                {
                    yield return new ValidationResult($"the endpoint {Authority.Format(host, port)} stands twice in '{service}': keep one and give it the weight of both", [service]);
                }
            }
        }
    }
}
