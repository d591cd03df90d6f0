using System.Net;
using System.Net.Sockets;
using LoadBalancer.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoadBalancer.Registry.Tests;

public sealed class RegistryServerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_taken_http_port_is_named_with_the_option_that_moves_it()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var endpoint = (IPEndPoint)taken.LocalEndpoint;
        var e = await Assert.ThrowsAsync<RegistryBindException>(() => StartAsync(new RegistryOptions { HttpBind = endpoint, DnsBind = new IPEndPoint(IPAddress.Loopback, 0) }));
        Assert.Equal(endpoint, e.Endpoint);
        Assert.Equal("HttpBind", e.OptionName);
        Assert.Contains(endpoint.ToString(), e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketType.Stream, ProtocolType.Tcp)]
    [InlineData(SocketType.Dgram, ProtocolType.Udp)]
    public async Task A_taken_dns_port_is_named_with_the_option_that_moves_it(SocketType type, ProtocolType protocol)
    {
        using var taken = new Socket(AddressFamily.InterNetwork, type, protocol);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (type == SocketType.Stream)
        {
            taken.Listen();
        }
        var endpoint = (IPEndPoint)taken.LocalEndPoint!;
        var e = await Assert.ThrowsAsync<RegistryBindException>(() => StartAsync(new RegistryOptions { HttpBind = new IPEndPoint(IPAddress.Loopback, 0), DnsBind = endpoint }));
        Assert.Equal(endpoint, e.Endpoint);
        Assert.Equal("DnsBind", e.OptionName);
    }

    [Theory]
    [InlineData("dc.1", "n", "consul")]
    [InlineData("dc1", "", "consul")]
    [InlineData("dc1", "n", "")]
    [InlineData("dc1", "n", "a..b")]
    public async Task A_name_without_a_form_in_dns_is_refused(string datacenter, string node, string domain) =>
        await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(new RegistryOptions { Datacenter = datacenter, NodeName = node, Domain = domain }));

    [Fact]
    public async Task A_client_that_leaves_is_forgotten()
    {
        const int Watchers = 200;
        await using var registry = await StartAsync(Loopback());
        using var client = Client(registry);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var queries = Enumerable.Range(0, Watchers).Select(i => client.GetAsync(new Uri($"v1/health/service/s{i}?index=1000&wait=10m", UriKind.Relative), leave.Token)).ToArray();
        await Eventually.True(() => registry.Log.Waiting == Watchers, "all wait");
        await leave.CancelAsync();
        foreach (var query in queries)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => query);
        }
        await Eventually.True(() => registry.Log.Waiting == 0, "none waits");
    }

    [Fact]
    public async Task Stopping_ends_the_queries_that_wait()
    {
        var registry = await StartAsync(Loopback());
        using var client = Client(registry);
        var query = client.GetAsync(new Uri("v1/catalog/services?index=1000&wait=10m", UriKind.Relative), Ct);
        await Eventually.True(() => registry.Log.Waiting == 1, "it waits");
        await registry.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => query);
    }

    [Fact]
    public async Task A_script_runs_when_allowed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        await using var registry = await StartAsync(Loopback() with { AllowScripts = true });
        using var client = Client(registry);
        using var body = new StringContent("""{"service":{"name":"s","checks":[{"args":["sh","-c","echo half; exit 1"],"interval":"10m"}]}}""");
        (await client.PutAsync(new Uri("v1/agent/service/register", UriKind.Relative), body, Ct)).EnsureSuccessStatusCode();
        await Eventually.True(async () => (await client.GetStringAsync(new Uri("v1/health/state/warning", UriKind.Relative), Ct)).Contains("half\\n", StringComparison.Ordinal), "the script has run");
    }

    [Theory]
    [InlineData("v1/health/service/x?filter=Service.ID==a", "filter")]
    [InlineData("v1/catalog/nodes?node-meta=a:b", "node-meta")]
    [InlineData("v1/agent/services?filter=a", "filter")]
    [InlineData("v1/health/state/bad", "any, passing, warning or critical")]
    public async Task What_is_not_done_is_refused_and_not_ignored(string path, string reason)
    {
        await using var registry = await StartAsync(Loopback());
        using var client = Client(registry);
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), Ct);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(reason, await response.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"service":{"name":"s","check":{"htp":"x"}}}""", "unknown field \"service.check.htp\"")]
    [InlineData("""{"service":{"name":"s"},"other":1}""", "unknown field \"other\"")]
    [InlineData("""{"service":{"name":"s","checks":[{"ttl":"1s"},{"tcp":"nowhere","interval":"1s"}]}}""", "service.checks[1].tcp")]
    [InlineData("""{"service":{"name":"s","check":{"http":"nowhere","interval":"1s"}}}""", "absolute address")]
    [InlineData("""{"service":{"name":"s","port":70000}}""", "service.port must be a whole number from 0 to 65535")]
    [InlineData("""{"name":"s","Name":"t"}""", "given twice")]
    [InlineData("""{"name":"s","Connect":{"Native":true}}""", "\"Connect\" is not supported")]
    [InlineData("""{"name":"s","check":{"grpc":"127.0.0.1:1","interval":"1s"}}""", "\"check.grpc\" is not supported")]
    [InlineData("""{"service":"s"}""", "service must be a JSON object")]
    public async Task A_refusal_names_the_field(string body, string reason)
    {
        await using var registry = await StartAsync(Loopback());
        using var client = Client(registry);
        using var content = new StringContent(body);
        using var response = await client.PutAsync(new Uri("v1/agent/service/register", UriKind.Relative), content, Ct);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(reason, await response.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    private static RegistryOptions Loopback() => new() { HttpBind = new IPEndPoint(IPAddress.Loopback, 0), Seed = 1 };

    private static Task<RegistryServer> StartAsync(RegistryOptions options) =>
        RegistryServer.StartAsync(options, NullLoggerFactory.Instance, TimeProvider.System, Ct);

    private static HttpClient Client(RegistryServer registry) => new() { BaseAddress = new Uri($"http://{registry.HttpEndpoint}/") };
}
