using LoadBalancer.Discovery.Consul;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests.Consul;

/// <summary>The ways to reach an agent: Unix socket, TLS, another datacenter.</summary>
public sealed class TransportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lb-consul").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Over_a_Unix_socket()
    {
        RealConsul.OrSkip();
        var socket = Path.Combine(_folder, "consul.sock");
        await using var agent = await ConsulAgent.StartAsync(configuration: $$"""addresses { http = "127.0.0.1 unix://{{socket}}" }""");
        await agent.RegisterAsync(new { ID = "api-1", Name = "api", Port = 80 });
        await using var source = new RunningSource(new() { Address = "unix://" + socket });
        await source.Feed.UntilAsync("api", seen => seen.Endpoints.Length == 1, "seen");
        await agent.RegisterAsync(new { ID = "api-2", Name = "api", Port = 81 });
        await source.Feed.UntilAsync("api", seen => seen.Endpoints.Length == 2, "watched");
    }

    [Fact]
    public async Task Over_TLS_with_a_client_certificate()
    {
        RealConsul.OrSkip();
        var port = Ports.Free();
        var (ca, certificate, key) = TestCertificates.Make(_folder, "consul.test");
        await using var agent = await ConsulAgent.StartAsync(configuration:
            $$"""ports { https = {{port}} } ca_file = "{{ca}}" cert_file = "{{certificate}}" key_file = "{{key}}" verify_incoming_https = true""");
        await agent.RegisterAsync(new { ID = "api-1", Name = "api", Port = 80 });
        var tls = new ConsulTlsOptions { Ca = ca, Certificate = certificate, Key = key, ServerName = "consul.test" };
        var options = new ConsulOptions { Address = $"https://127.0.0.1:{port}", Tls = tls };

        await using (var source = new RunningSource(options))
        {
            await source.Feed.UntilAsync("api", seen => seen.Endpoints.Length == 1, "seen");
        }
        await using (var source = new RunningSource(options with { Tls = tls with { Ca = null, SkipVerify = true } }))
        {
            await source.Feed.UntilAsync("api", seen => seen.Endpoints.Length == 1, "seen without verification");
        }
        await RefusedAsync(options with { Tls = tls with { Ca = null } }, "an authority that the system does not trust");
        await RefusedAsync(options with { Tls = tls with { ServerName = "other.test" } }, "another name");
        await RefusedAsync(options with { Tls = tls with { Certificate = null, Key = null } }, "no client certificate");
    }

    [Fact]
    public async Task Another_datacenter_has_its_own_names()
    {
        RealConsul.OrSkip();
        await using var one = await ConsulAgent.StartAsync("dc1");
        await using var two = await ConsulAgent.StartAsync("dc2");
        await one.JoinWanAsync(two);
        await one.RegisterAsync(new { ID = "api-1", Name = "api", Port = 80 });
        await two.RegisterAsync(new { ID = "api-2", Name = "api", Port = 81 });
        await using var source = new RunningSource(new() { Address = one.Address.AbsoluteUri, Datacenters = ["dc2"] });
        await source.Feed.UntilEndpointAsync("api", "api-1", e => e.Datacenter == "dc1", "from the agent's own");
        await source.Feed.UntilEndpointAsync("api@dc2", "api-2", e => e.Datacenter == "dc2", "from the other");
        await Eventually.True(() => source.Feed.Completions > 0, "complete");
        await two.DeregisterAsync("api-2");
        await source.Feed.UntilAsync("api@dc2", seen => seen.Endpoints.IsEmpty, "gone");
        Assert.Single(source.Feed.Seen("api")!.Endpoints);
    }

    private static async Task RefusedAsync(ConsulOptions options, string why)
    {
        await using var source = new RunningSource(options);
        await Eventually.True(() => source.Feed.Failures.Count > 0, "refused for " + why);
        Assert.Empty(source.Feed.Services);
    }
}
