using System.Net.Http.Json;
using System.Text.Json;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>Registers instances as services do, with a Consul agent or whatever speaks its interface.</summary>
internal sealed class Registrar(HttpClient agent)
{
    /// <summary>A client of the agent's HTTP interface.</summary>
    public HttpClient Agent => agent;

    /// <param name="instance">Who.</param>
    /// <param name="weight">Its weight while passing.</param>
    /// <param name="ttl">With a check "service:ID" that is passing until <see cref="CheckAsync"/> says otherwise; else without any.</param>
    /// <param name="tags">Its tags.</param>
    public Task RegisterAsync(Instance instance, int weight = 1, bool ttl = false, params string[] tags) =>
        RegisterAsync(instance.Id, instance.Service, instance.Port, weight, ttl, tags);

    /// <inheritdoc cref="RegisterAsync(Instance, int, bool, string[])"/>
    public Task RegisterAsync(InstanceProcess instance) =>
        RegisterAsync(instance.Id, instance.Id[..instance.Id.LastIndexOf('-')], instance.Port, 1, false, []);

    /// <inheritdoc cref="RegisterAsync(Instance, int, bool, string[])"/>
    public async Task RegisterAsync(string id, string service, int port, int weight = 1, bool ttl = false, params string[] tags)
    {
        using var response = await agent.PutAsJsonAsync("v1/agent/service/register", new
        {
            ID = id,
            Name = service,
            Address = "127.0.0.1",
            Port = port,
            Tags = tags,
            Weights = new { Passing = weight, Warning = 1 },
            Check = ttl ? new { CheckID = "service:" + id, TTL = "1h", Status = "passing" } : null,
        });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    public Task DeregisterAsync(string id) => PutAsync("v1/agent/service/deregister/" + id);

    public Task MaintenanceAsync(string id, bool enable) => PutAsync($"v1/agent/service/maintenance/{id}?enable={(enable ? "true" : "false")}&reason=drill");

    /// <summary>Passes or fails the check of an instance that was registered with one.</summary>
    public Task CheckAsync(string id, bool passes) => PutAsync($"v1/agent/check/{(passes ? "pass" : "fail")}/service:{id}");

    /// <summary>Blocking queries of the healthy instances until <paramref name="id"/> is one, or is none.</summary>
    public async Task SeesAsync(string service, string id, bool healthy)
    {
        var index = "0";
        while (true)
        {
            using var response = await agent.GetAsync(new Uri($"v1/health/service/{service}?passing&wait=10s&index={index}", UriKind.Relative));
            index = response.Headers.GetValues("X-Consul-Index").Single();
            var entries = await response.Content.ReadFromJsonAsync<JsonElement>();
            if (entries.EnumerateArray().Any(entry => entry.GetProperty("Service").GetProperty("ID").GetString() == id) == healthy)
            {
                return;
            }
        }
    }

    private async Task PutAsync(string path)
    {
        using var response = await agent.PutAsync(new Uri(path, UriKind.Relative), null);
        response.EnsureSuccessStatusCode();
    }
}
