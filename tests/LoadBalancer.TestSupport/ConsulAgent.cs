using System.Net.Http.Json;
using System.Text.Json;

namespace LoadBalancer.TestSupport;

/// <summary>A real Consul agent (one server, in memory) on free ports of loopback.</summary>
public sealed class ConsulAgent : IAsyncDisposable
{
    private ChildProcess? _process;

    private ConsulAgent(string datacenter, string? configuration, string? token)
    {
        Datacenter = datacenter;
        Configuration = configuration;
        HttpPort = Ports.Free();
        DnsPort = Ports.Free();
        SerfPort = Ports.Free();
        WanPort = Ports.Free();
        ServerPort = Ports.Free();
        Client = new HttpClient { BaseAddress = Address };
        if (token is not null)
        {
            Client.DefaultRequestHeaders.Add("X-Consul-Token", token);
        }
    }

    public string Datacenter { get; }

    public int HttpPort { get; }

    public int DnsPort { get; }

    public int SerfPort { get; }

    public int WanPort { get; }

    public int ServerPort { get; }

    /// <summary>A JSON text of more agent configuration (ACLs, limits), or null.</summary>
    public string? Configuration { get; }

    public Uri Address => new($"http://127.0.0.1:{HttpPort}/");

    /// <summary>A client of the agent's HTTP interface.</summary>
    public HttpClient Client { get; }

    public int ProcessId => _process!.Id;

    public string Output => _process?.Output ?? "";

    /// <summary>True when a Consul agent can be started here; a test skips with <see cref="Tools.Missing"/> otherwise.</summary>
    public static bool Available => Tools.Find("consul") is not null;

    /// <param name="datacenter">Its datacenter.</param>
    /// <param name="configuration"><see cref="Configuration"/>.</param>
    /// <param name="token">What <see cref="Client"/> authenticates with.</param>
    public static async Task<ConsulAgent> StartAsync(string datacenter = "dc1", string? configuration = null, string? token = null)
    {
        var agent = new ConsulAgent(datacenter, configuration, token);
        await agent.StartAgainAsync();
        return agent;
    }

    /// <summary>Starts the agent on its former ports; what it knew is gone, as after a loss of its data.</summary>
    public async Task StartAgainAsync()
    {
        var hcl = $$"""ports { http = {{HttpPort}}, dns = {{DnsPort}}, serf_lan = {{SerfPort}}, serf_wan = {{WanPort}}, server = {{ServerPort}}, grpc = -1 }""";
        List<string> arguments = ["agent", "-dev", "-client=127.0.0.1", "-bind=127.0.0.1", $"-datacenter={Datacenter}", $"-node=node-{Datacenter}", "-log-level=warn", $"-hcl={hcl}", "-enable-local-script-checks"];
        if (Configuration is not null)
        {
            arguments.Add("-hcl=" + Configuration);
        }
        _process = ChildProcess.Start(Tools.Find("consul") ?? throw new InvalidOperationException(Tools.Missing("consul")), arguments);
        await Eventually.True(
            async () => (await Client.GetStringAsync("v1/status/leader")).Contains(':', StringComparison.Ordinal)
                && (await Client.GetFromJsonAsync<JsonElement>("v1/health/node/node-" + Datacenter)).GetArrayLength() > 0,
            "the Consul agent leads:\n" + _process.Output, TimeSpan.FromSeconds(30));
    }

    /// <inheritdoc cref="ChildProcess.Signal"/>
    public void Signal(int signal) => _process!.Signal(signal);

    public async Task KillAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
            _process = null;
        }
    }

    /// <summary>Registers with the agent; <paramref name="registration"/> is the JSON of /v1/agent/service/register.</summary>
    public async Task RegisterAsync(object registration)
    {
        using var response = await Client.PutAsJsonAsync("v1/agent/service/register", registration);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException(await response.Content.ReadAsStringAsync(), null, response.StatusCode);
        }
    }

    /// <summary>Registers with the catalog, for nodes that run no agent; <paramref name="registration"/> is the JSON of /v1/catalog/register.</summary>
    public async Task CatalogRegisterAsync(object registration)
    {
        using var response = await Client.PutAsJsonAsync("v1/catalog/register", registration);
        response.EnsureSuccessStatusCode();
    }

    public async Task DeregisterAsync(string id) => await PutAsync("v1/agent/service/deregister/" + id);

    public async Task MaintenanceAsync(string id, bool enable) =>
        await PutAsync($"v1/agent/service/maintenance/{id}?enable={(enable ? "true" : "false")}&reason=test");

    /// <summary>PUT without a body on a path like "v1/agent/check/pass/service:a".</summary>
    public async Task PutAsync(string path)
    {
        using var response = await Client.PutAsync(new Uri(path, UriKind.Relative), null);
        response.EnsureSuccessStatusCode();
    }

    public async Task DeleteAsync(string path)
    {
        using var response = await Client.DeleteAsync(new Uri(path, UriKind.Relative));
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Creates an ACL token with one policy of these rules.</summary>
    public async Task<(string Accessor, string Secret)> CreateTokenAsync(string rules)
    {
        var name = "test-" + Guid.NewGuid().ToString("N");
        using var policy = await Client.PutAsJsonAsync("v1/acl/policy", new { Name = name, Rules = rules });
        policy.EnsureSuccessStatusCode();
        using var created = await Client.PutAsJsonAsync("v1/acl/token", new { Policies = new[] { new { Name = name } } });
        created.EnsureSuccessStatusCode();
        var token = await created.Content.ReadFromJsonAsync<JsonElement>();
        return (token.GetProperty("AccessorID").GetString()!, token.GetProperty("SecretID").GetString()!);
    }

    /// <summary>Makes the servers of two datacenters know each other; returns when each lists both.</summary>
    public async Task JoinWanAsync(ConsulAgent other)
    {
        await PutAsync($"v1/agent/join/127.0.0.1:{other.WanPort}?wan=1");
        foreach (var agent in new[] { this, other })
        {
            await Eventually.True(
                async () => (await agent.Client.GetFromJsonAsync<string[]>("v1/catalog/datacenters"))!.Length == 2
                    && (await agent.Client.GetAsync(new Uri("v1/catalog/services?dc=" + (agent == this ? other : this).Datacenter, UriKind.Relative))).IsSuccessStatusCode,
                $"{agent.Datacenter} knows both datacenters");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Client.Dispose();
    }
}
