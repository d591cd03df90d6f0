using LoadBalancer.Registry.Checks;
using LoadBalancer.Registry.State;

namespace LoadBalancer.Registry.Http.Json;

/// <summary>
/// Reads a service registration: the form of Consul's HTTP interface, and the form of its definition files, where all
/// of it hangs under <c>service</c>. Consul itself refuses the second over HTTP, and many a tutorial sends it.
/// </summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/api-docs/agent/service#register-service"/></remarks>
internal static class ServiceReader
{
    public static (ServiceRow Service, List<CheckDefinition> Checks) Read(JsonFields root)
    {
        var fields = root;
        if (root.Has("service"))
        {
            fields = root.Object("service")!;
            root.End();
        }
        var (service, checks) = ReadService(fields, "Name");
        if (service.Name.Length == 0)
        {
            throw RefusedException.BadRequest($"Missing service name: set {fields.At("Name")}");
        }
        return (service, checks);
    }

    /// <summary>Reads a service, whose name the catalog calls <c>Service</c> and the agent <c>Name</c>.</summary>
    public static (ServiceRow Service, List<CheckDefinition> Checks) ReadService(JsonFields fields, string nameField)
    {
        var id = fields.Text("ID");
        var name = fields.Text(nameField);
        var tags = fields.Texts("Tags");
        var address = fields.Text("Address");
        var port = fields.Integer("Port", 0, 65535) ?? 0;
        var meta = fields.TextMap("Meta");
        ServiceMeta.Check(meta, fields.At("Meta"));
        var tagged = fields.ObjectMap("TaggedAddresses")?.ToDictionary(pair => pair.Key, pair => TaggedAddress(pair.Value));
        var weights = fields.Object("Weights");
        var tagOverride = fields.Flag("EnableTagOverride");
        List<CheckDefinition> checks = [];
        if (nameField == "Name")
        {
            if (fields.Object("Check") is { IsEmpty: false } check)
            {
                checks.Add(CheckReader.Read(check));
            }
            checks.AddRange(fields.Objects("Checks").Select(CheckReader.Read));
        }
        fields.Unsupported("run a Consul agent for the service mesh and for Enterprise features",
            "Kind", "Proxy", "Connect", "Namespace", "Partition", "SocketPath", "Locality", "Ports");
        fields.Unsupported("send the token in the X-Consul-Token header; it is accepted and not checked", "Token");
        // What catalog answers carry, so that an answer can be edited and sent back.
        fields.Integer("CreateIndex", 0, int.MaxValue);
        fields.Integer("ModifyIndex", 0, int.MaxValue);
        fields.End();
        if (address is "0.0.0.0" or "::" or "[::]")
        {
            throw RefusedException.BadRequest($"Invalid service address: {fields.At("Address")} is \"{address}\", which nobody can connect to; give the address that clients use, or leave it out for the node's");
        }
        return (new ServiceRow
        {
            Id = id.Length > 0 ? id : name,
            Name = name,
            Tags = tags,
            Address = address,
            Port = port,
            Meta = Rows.NullIfEmpty(meta),
            TaggedAddresses = Rows.NullIfEmpty(tagged),
            Weights = weights is null ? new ServiceWeights() : Weights(weights),
            EnableTagOverride = tagOverride,
        }, checks);
    }

    private static ServiceAddress TaggedAddress(JsonFields fields)
    {
        var address = new ServiceAddress(fields.Text("Address"), fields.Integer("Port", 0, 65535) ?? 0);
        fields.End();
        return address;
    }

    private static ServiceWeights Weights(JsonFields fields)
    {
        const int Maximum = 65535;
        var passing = fields.Integer("Passing", int.MinValue, int.MaxValue) ?? 0;
        var warning = fields.Integer("Warning", int.MinValue, int.MaxValue) ?? 0;
        fields.End();
        if (passing < 1)
        {
            throw RefusedException.BadRequest($"Invalid Weights: Passing must be greater than 0; set {fields.At("Passing")}, or leave Weights out for 1");
        }
        if (passing > Maximum || warning is < 0 or > Maximum)
        {
            throw RefusedException.BadRequest($"Invalid Weights: DNS Weight must be between 0 and 65535; change {fields.At(passing > Maximum ? "Passing" : "Warning")}");
        }
        return new ServiceWeights(passing, warning);
    }
}
