using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoadBalancer.Registry.Tests.Contract;

/// <summary>The embedded registry on free ports.</summary>
public sealed class EmbeddedTarget : Target
{
    private RegistryServer? _registry;
    private HttpClient? _client;

    public override string? Missing => null;

    public override HttpClient Client => _client!;

    public override int DnsPort => _registry!.DnsEndpoint!.Port;

    public override string Node => "node-dc1";

    public override bool IsConsul => false;

    public override Target Fresh() => new EmbeddedTarget();

    public override async ValueTask InitializeAsync()
    {
        var options = new RegistryOptions
        {
            HttpBind = new IPEndPoint(IPAddress.Loopback, 0),
            DnsBind = new IPEndPoint(IPAddress.Loopback, 0),
            NodeName = Node,
            Seed = 1,
        };
        _registry = await RegistryServer.StartAsync(options, NullLoggerFactory.Instance, TimeProvider.System, TestContext.Current.CancellationToken);
        _client = new HttpClient { BaseAddress = new Uri($"http://{_registry.HttpEndpoint}/") };
    }

    public override async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_registry is not null)
        {
            await _registry.DisposeAsync();
        }
    }
}
