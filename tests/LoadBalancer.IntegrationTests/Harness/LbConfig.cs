using System.Globalization;
using System.Text.Json.Nodes;

namespace LoadBalancer.IntegrationTests.Harness;

/// <summary>
/// Builds an lb.json: an HTTP listener "web" and the admin interface on free ports of loopback, static services, no state
/// file. <see cref="Root"/> is open for everything else.
/// </summary>
public sealed class LbConfig
{
    public LbConfig()
    {
        WebPort = Ports.Free();
        AdminPort = Ports.Free();
        Root = new JsonObject
        {
            ["listeners"] = new JsonObject(),
            ["discovery"] = new JsonObject { ["static"] = new JsonObject(), ["stateFile"] = null },
            ["routing"] = new JsonObject { ["routes"] = new JsonArray() },
            ["services"] = new JsonObject(),
            ["admin"] = new JsonObject { ["bind"] = Loopback(AdminPort) },
            ["log"] = new JsonObject { ["level"] = "info" },
            ["drainTimeout"] = "20s",
        };
        Listener("web", WebPort);
    }

    public JsonObject Root { get; }

    public int WebPort { get; }

    public int AdminPort { get; set; }

    public JsonObject Listeners => Root["listeners"]!.AsObject();

    public JsonObject Static => Root["discovery"]!["static"]!.AsObject();

    /// <summary>Adds or replaces a listener on 127.0.0.1; <paramref name="more"/> are its further keys, as JSON.</summary>
    public LbConfig Listener(string name, int port, string more = "{}") => Listener(name, Loopback(port), more);

    /// <summary>Adds or replaces a listener on any address.</summary>
    public LbConfig Listener(string name, string bind, string more = "{}")
    {
        var listener = Parse(more);
        listener["bind"] = bind;
        if (Engine.Asked is { } engine && listener["engine"] is null && (string?)listener["protocol"] is null or "tcp" or "tls")
        {
            listener["engine"] = engine;
        }
        Listeners[name] = listener;
        return this;
    }

    /// <summary>Adds or replaces a TCP listener with its service.</summary>
    public LbConfig Tcp(string name, int port, string service, params string[] addresses)
    {
        Service(service, addresses);
        return Listener(name, port, $$"""{ "protocol": "tcp", "service": "{{service}}" }""");
    }

    /// <summary>Adds or replaces a static service; an address may be a JSON object as text.</summary>
    public LbConfig Service(string name, params string[] addresses)
    {
        Static[name] = new JsonArray([.. addresses.Select(static address => address.StartsWith('{') ? JsonNode.Parse(address) : JsonValue.Create(address))]);
        return this;
    }

    /// <summary>Sets the policy of a service.</summary>
    public LbConfig Policy(string service, string json)
    {
        Root["services"]![service] = Parse(json);
        return this;
    }

    /// <summary>Adds a route.</summary>
    public LbConfig Route(string json)
    {
        Root["routing"]!["routes"]!.AsArray().Add(Parse(json));
        return this;
    }

    public static string Loopback(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    public override string ToString() => Root.ToJsonString();

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
