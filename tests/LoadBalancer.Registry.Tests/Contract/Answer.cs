using System.Net;
using System.Text.Json;

namespace LoadBalancer.Registry.Tests.Contract;

/// <summary>An HTTP answer, read.</summary>
public sealed record Answer(HttpStatusCode Status, string Text, HttpResponseMessage Response)
{
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>X-Consul-Index.</summary>
    public ulong Index => ulong.Parse(Header("X-Consul-Index"), System.Globalization.CultureInfo.InvariantCulture);

    public string Header(string name) => Response.Headers.GetValues(name).Single();
}
