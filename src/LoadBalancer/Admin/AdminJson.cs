using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using LoadBalancer.Admin.Orders;

namespace LoadBalancer.Admin;

[JsonSerializable(typeof(OrderRequest))]
[JsonSerializable(typeof(EndpointView))]
[JsonSerializable(typeof(ServiceView))]
[JsonSerializable(typeof(IReadOnlyList<ServiceView>))]
[JsonSerializable(typeof(IReadOnlyList<ListenerView>))]
internal sealed partial class AdminJson : JsonSerializerContext
{
    /// <summary>For people too: quotes and plus signs stay readable. Nothing here is embedded in HTML.</summary>
    public static AdminJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
