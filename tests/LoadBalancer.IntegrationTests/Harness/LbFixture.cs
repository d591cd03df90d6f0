namespace LoadBalancer.IntegrationTests.Harness;

/// <summary>
/// One balancer with one service "api" of one endpoint, for all tests of a class. A test takes a fresh endpoint with
/// <see cref="UseAsync"/>, so that none sees a connection or request of another.
/// </summary>
public class LbFixture : IAsyncLifetime
{
    public const string Host = "api.haproxy.service.consul";

    private LbProcess? _lb;

    public LbProcess Lb => _lb!;

    /// <summary>More of the configuration.</summary>
    protected virtual void Configure(LbConfig config)
    {
    }

    public async ValueTask InitializeAsync()
    {
        var config = new LbConfig();
        config.Service("api", LbConfig.Loopback(Ports.Free()));
        Configure(config);
        _lb = await LbProcess.StartAsync(config);
    }

    /// <summary>Makes these the endpoints of "api".</summary>
    public Task UseAsync(params string[] addresses) => Lb.UseAsync("api", addresses);

    /// <summary>An endpoint that is the only one of "api", with a script or the default one.</summary>
    public async Task<RawEndpoint> EndpointAsync(Func<Wire, Task>? script = null)
    {
        var endpoint = new RawEndpoint("api", script);
        await UseAsync(endpoint.Address);
        return endpoint;
    }

    public async ValueTask DisposeAsync()
    {
        if (_lb is not null)
        {
            await _lb.DisposeAsync();
        }
        GC.SuppressFinalize(this);
    }
}
