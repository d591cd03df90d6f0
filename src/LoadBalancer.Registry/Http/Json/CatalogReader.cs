using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Registry.State;

namespace LoadBalancer.Registry.Http.Json;

/// <summary>Reads what /v1/catalog/register and /v1/catalog/deregister take.</summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/api-docs/catalog"/></remarks>
internal static class CatalogReader
{
    /// <returns>The registration and the datacenter that it names, or an empty string.</returns>
    public static (Registration Registration, string Datacenter) Registration(JsonFields fields)
    {
        var datacenter = fields.Text("Datacenter");
        var node = new NodeRow
        {
            Id = fields.Text("ID"),
            Name = fields.Text("Node"),
            Address = fields.Text("Address"),
            TaggedAddresses = Rows.NullIfEmpty(fields.TextMap("TaggedAddresses")),
            Meta = Rows.NullIfEmpty(fields.TextMap("NodeMeta")),
        };
        var serviceFields = fields.Object("Service");
        var service = serviceFields is null ? null : ServiceReader.ReadService(serviceFields, "Service").Service;
        JsonFields[] checkFields = [.. fields.Object("Check") is { } one ? [one] : Array.Empty<JsonFields>(), .. fields.Objects("Checks")];
        CheckRow[] checks = [.. checkFields.Select(check => Check(check, node.Name))];
        fields.Unsupported("leave it out", "SkipNodeUpdate", "Namespace", "Partition", "Locality");
        fields.End();
        if (node.Name.Length == 0)
        {
            throw RefusedException.BadRequest("Must provide node: set Node");
        }
        if (node.Address.Length == 0)
        {
            throw RefusedException.BadRequest("Must provide address if SkipNodeUpdate is not set: set Address");
        }
        if (service is { Name.Length: 0 })
        {
            throw RefusedException.BadRequest($"Must provide service name with ID: set {serviceFields!.At("Service")}");
        }
        return (new Registration(node, service, checks), datacenter);
    }

    /// <returns>What to remove: the service if given, else the check if given, else the node with everything on it.</returns>
    public static (string Node, string ServiceId, string CheckId, string Datacenter) Deregistration(JsonFields fields)
    {
        var found = (Node: fields.Text("Node"), ServiceId: fields.Text("ServiceID"), CheckId: fields.Text("CheckID"), Datacenter: fields.Text("Datacenter"));
        fields.Text("Address");
        fields.Unsupported("leave it out", "Namespace", "Partition");
        fields.End();
        return found.Node.Length > 0 ? found : throw RefusedException.BadRequest("Must provide node: set Node");
    }

    private static CheckRow Check(JsonFields fields, string node)
    {
        var id = fields.Text("CheckID");
        var name = fields.Text("Name");
        var status = fields.Text("Status");
        var row = new CheckRow
        {
            Id = id.Length > 0 ? id : name,
            Name = name,
            Notes = fields.Text("Notes"),
            Output = fields.Text("Output"),
            ServiceId = fields.Text("ServiceID"),
            Type = fields.Text("Type"),
            Status = status.Length == 0 ? CheckStatus.Critical : CheckStatusConverter.Parse(status)
                ?? throw RefusedException.BadRequest($"{fields.At("Status")} is '{status}'; it must be passing, warning or critical"),
        };
        if (fields.Text("Node") is { Length: > 0 } other && !StringComparer.OrdinalIgnoreCase.Equals(other, node))
        {
            throw RefusedException.BadRequest($"check node \"{other}\" does not match node \"{node}\": leave {fields.At("Node")} out");
        }
        fields.Text("ServiceName");
        fields.Texts("ServiceTags");
        fields.Integer("CreateIndex", 0, int.MaxValue);
        fields.Integer("ModifyIndex", 0, int.MaxValue);
        fields.Unsupported("the catalog runs no checks; register the check with /v1/agent/check/register", "Definition");
        fields.End();
        return row.Id.Length > 0 ? row : throw RefusedException.BadRequest($"Must provide a check's id: set {fields.At("CheckID")}");
    }
}
