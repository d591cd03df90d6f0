using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>The one order of endpoints, by identity: a source that lists in another order changes nothing.</summary>
internal static class EndpointOrder
{
    public static int Compare(EndpointId a, EndpointId b)
    {
        var order = string.CompareOrdinal(a.Node, b.Node);
        return order != 0 ? order : string.CompareOrdinal(a.ServiceId, b.ServiceId);
    }

    /// <summary>In order, each identity once (the first that is listed); the same array when it is so already.</summary>
    public static ImmutableArray<ObservedEndpoint> Normalize(ImmutableArray<ObservedEndpoint> endpoints)
    {
        for (var i = 1; i < endpoints.Length; i++)
        {
            if (Compare(endpoints[i - 1].Id, endpoints[i].Id) >= 0)
            {
                return [.. endpoints.DistinctBy(static endpoint => endpoint.Id).Order(s_byId)];
            }
        }
        return endpoints;
    }

    private static readonly Comparer<ObservedEndpoint> s_byId = Comparer<ObservedEndpoint>.Create(static (a, b) => Compare(a.Id, b.Id));
}
