using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Running;

/// <summary>maxConnections of a listener: who is one too many waits in the kernel's queue.</summary>
public sealed class ConnectionLimitTests : IAsyncLifetime
{
    private const int Limit = 3;
    private const int Clients = 10;
    private const string Host = "api.haproxy.service.consul";

    private readonly SemaphoreSlim _answer = new(0);
    private readonly List<Wire> _clients = [];
    private readonly RawEndpoint _endpoint;
    private LbProcess? _lb;

    public ConnectionLimitTests() => _endpoint = new RawEndpoint("api", async wire =>
    {
        while (true)
        {
            await wire.ReadRequestAsync();
            await _answer.WaitAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });

    private LbProcess Lb => _lb!;

    public async ValueTask InitializeAsync()
    {
        var config = new LbConfig().Service("api", _endpoint.Address);
        config.Listeners["web"]!["maxConnections"] = Limit;
        _lb = await LbProcess.StartAsync(config);
        for (var i = 0; i < Clients; i++)
        {
            var client = await Lb.ConnectAsync();
            _clients.Add(client);
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        }
        await Lb.WaitForInFlightAsync("api", Limit);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }
        if (_lb is not null)
        {
            await _lb.DisposeAsync();
        }
        await _endpoint.DisposeAsync();
        _answer.Dispose();
    }

    [Fact]
    public async Task One_more_is_taken_for_each_that_ends()
    {
        var waiting = _clients.Select(static async client =>
        {
            var answer = await client.ReadAnswerAsync();
            client.Dispose();
            return answer;
        }).ToList();
        for (var left = Clients; left > 0; left--)
        {
            // A client may have its answer a moment before it counts as given.
            await Lb.WaitForInFlightAsync("api", Math.Min(left, Limit));
            _answer.Release();
            var served = await Task.WhenAny(waiting);
            Assert.Equal("ok", (await served).Text);
            waiting.Remove(served);
        }
        await Lb.WaitForInFlightAsync("api", 0);
    }

    [Fact]
    public async Task A_limit_that_is_raised_lets_in_who_waits()
    {
        Lb.Config.Listeners["web"]!["maxConnections"] = 0;
        await Lb.ApplyAsync();

        await Lb.WaitForInFlightAsync("api", Clients);
        await AllAreServedAsync(closes: false);
    }

    /// <summary>The kernel has made their connections already: they are served, not reset.</summary>
    [Fact]
    public async Task Who_waits_when_the_program_is_stopped_is_served()
    {
        Lb.Process.Signal(Signals.Terminate);

        await Lb.WaitForInFlightAsync("api", Clients);
        await AllAreServedAsync(closes: true);
        Assert.Equal(0, await Lb.Process.WaitForExitAsync());
    }

    [Fact]
    public async Task Who_waits_when_the_listener_is_removed_is_served()
    {
        Lb.Config.Listener("other", Ports.Free()).Listeners.Remove("web");
        await Lb.ApplyAsync();

        await Lb.WaitForInFlightAsync("api", Clients);
        await AllAreServedAsync(closes: true);
    }

    private async Task AllAreServedAsync(bool closes)
    {
        _answer.Release(Clients);
        foreach (var answer in await Task.WhenAll(_clients.Select(static client => client.ReadAnswerAsync())))
        {
            Assert.Equal(("ok", closes ? "close" : null), (answer.Text, answer.Field("Connection")));
        }
    }
}
