using LoadBalancer.Core.Model;

namespace LoadBalancer.Admin.Orders;

/// <summary>Which endpoint of a service an operator means: those that are there, and those that have an order.</summary>
internal sealed class EndpointNames(ServiceSnapshot snapshot)
{
    private readonly IReadOnlyList<(EndpointId Id, string? Address)> _known =
    [
        .. snapshot.Endpoints.Select(static state => (state.Endpoint.Id, (string?)state.Endpoint.Address)),
        .. snapshot.Orders.Keys.Except(snapshot.Endpoints.Select(static state => state.Endpoint.Id)).Select(static id => (id, (string?)null)),
    ];

    /// <summary>Every one.</summary>
    public IReadOnlyList<EndpointId> All => [.. _known.Select(static one => one.Id)];

    /// <summary>
    /// The endpoints of this name: by "node/service-id", else by address, else by the service id alone. One is what the
    /// operator means; several are too many; none may be a slip, see <see cref="Nearest"/>.
    /// </summary>
    public IReadOnlyList<EndpointId> Find(string name)
    {
        Func<(EndpointId Id, string? Address), bool>[] ways = [one => one.Id.ToString() == name, one => one.Address == name, one => one.Id.ServiceId == name];
        return ways.Select(way => _known.Where(way).Select(static one => one.Id).ToArray()).FirstOrDefault(static found => found.Length > 0, []);
    }

    /// <summary>The name that is nearest to what was written, or null when none is near.</summary>
    public string? Nearest(string name) =>
        Configuration.Text.Nearest.Of(name, _known.SelectMany(static one => (string?[])[one.Id.ToString(), one.Address, one.Id.ServiceId]).OfType<string>());
}
