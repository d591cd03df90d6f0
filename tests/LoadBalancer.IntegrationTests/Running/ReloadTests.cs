using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Running;

public sealed class ReloadTests : IAsyncLifetime
{
    private const string Host = "api.haproxy.service.consul";

    private readonly RawEndpoint _endpoint = new("api");
    private LbProcess? _lb;

    private LbProcess Lb => _lb!;

    public async ValueTask InitializeAsync() => _lb = await LbProcess.StartAsync(new LbConfig().Service("api", _endpoint.Address));

    public async ValueTask DisposeAsync()
    {
        await _endpoint.DisposeAsync();
        if (_lb is not null)
        {
            await _lb.DisposeAsync();
        }
    }

    [Fact]
    public async Task Changes_of_everything_cost_no_request()
    {
        using var done = new CancellationTokenSource();
        var asked = Enumerable.Range(0, 4).Select(i => Task.Run(() => i < 2 ? AskKeptAsync(done.Token) : AskAnewAsync(done.Token))).ToArray();
        await using var other = new RawEndpoint("other");

        for (var round = 0; round < 5; round++)
        {
            var extra = Ports.Free();
            Lb.Config.Listener("extra", extra).Tcp("raw", Ports.Free(), "other", other.Address)
                .Service("api", round % 2 == 0 ? [_endpoint.Address, other.Address] : [_endpoint.Address])
                .Policy("api", $$"""{ "balance": "{{(round % 2 == 0 ? "leastRequest" : "roundRobin")}}" }""")
                .Route($$"""{ "host": "r{{round}}.test", "service": "other" }""");
            Lb.Config.Listeners["web"]!["trustedProxies"] = JsonSerializer.SerializeToNode(round % 2 == 0 ? new[] { "10.0.0.0/8" } : []);
            Lb.Config.AdminPort = Ports.Free();
            Lb.Config.Root["admin"]!["bind"] = LbConfig.Loopback(Lb.Config.AdminPort);
            await Lb.ApplyAsync();
            using var wire = await Wire.ConnectAsync(extra);
            await wire.SendAsync($"GET / HTTP/1.1\r\nHost: r{round}.test\r\n\r\n");
            Assert.Equal("other", (await wire.ReadAnswerAsync()).Text);
            Assert.True((await Lb.Admin.GetAsync(Lb.AdminUri("/readyz"), TestContext.Current.CancellationToken)).IsSuccessStatusCode);
        }

        await done.CancelAsync();
        Assert.All(await Task.WhenAll(asked), static count => Assert.InRange(count, 1, int.MaxValue));
    }

    [Fact]
    public async Task A_removed_listener_takes_no_new_connection_and_ends_kept_ones_with_an_answer()
    {
        var port = Ports.Free();
        Lb.Config.Listener("extra", port);
        await Lb.ApplyAsync();
        using var wire = await Wire.ConnectAsync(port);
        await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        Assert.Null((await wire.ReadAnswerAsync()).Field("Connection"));
        using var http2 = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact, BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        http2.DefaultRequestHeaders.Host = Host;
        Assert.Equal("api", await http2.GetStringAsync("/", TestContext.Current.CancellationToken));

        Lb.Config.Listeners.Remove("extra");
        await Lb.ApplyAsync();

        await Assert.ThrowsAsync<SocketException>(() => Wire.ConnectAsync(port));
        await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal(("api", "close"), (answer.Text, answer.Field("Connection")));
        await wire.WaitForCloseAsync();
        // The stream is answered; the connection ends, so that the next request finds nobody.
        Assert.Equal("api", await http2.GetStringAsync("/", TestContext.Current.CancellationToken));
        await Eventually.True(
            async () =>
            {
                try
                {
                    await http2.GetStringAsync("/");
                    return false;
                }
                catch (HttpRequestException)
                {
                    return true;
                }
            }, "the HTTP/2 connection ends");
    }

    [Theory]
    [InlineData("{ nonsense")]
    [InlineData("""{ "listeners": { "web": { "bind": "127.0.0.1:70000" } } }""")]
    [InlineData("""{ "listeners": {} }""")]
    public async Task A_bad_edit_changes_nothing(string text)
    {
        await Lb.WriteAsync(text);

        await Eventually.True(() => Lb.Process.Lines.Any(static line => line.Contains("REFUSED", StringComparison.OrdinalIgnoreCase)), "it is said:\n" + Lb.Process.Output);
        Assert.Equal("api", (await Lb.GetAsync(Host)).Text);
        // And a good one after it is taken.
        Lb.Config.Route("""{ "host": "after.test", "service": "api" }""");
        await Lb.ApplyAsync();
        Assert.Equal("api", (await Lb.GetAsync("after.test")).Text);
    }

    [Theory]
    [InlineData("listeners.extra.bind")]
    [InlineData("admin.bind")]
    public async Task An_edit_that_wants_a_taken_port_names_the_key_and_changes_nothing(string key)
    {
        using var taken = new TcpListener(IPAddress.Loopback, Ports.Free());
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var free = Ports.Free();
        if (key == "admin.bind")
        {
            Lb.Config.Root["admin"]!["bind"] = LbConfig.Loopback(port);
        }
        else
        {
            Lb.Config.Listener("extra", port);
        }
        Lb.Config.Listener("also", free).Listeners.Remove("web");

        await Lb.WriteAsync(Lb.Config.ToString());

        await Lb.Process.WaitForLineAsync("REFUSED");
        var said = Lb.Process.Lines.Last(static line => line.Contains("REFUSED", StringComparison.Ordinal));
        Assert.Contains(key, said, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{port}", said, StringComparison.Ordinal);
        // The new listener is not there, the old one is.
        await Assert.ThrowsAsync<SocketException>(() => Wire.ConnectAsync(free));
        Assert.Equal("api", (await Lb.GetAsync(Host)).Text);
        Assert.True((await Lb.Admin.GetAsync(Lb.AdminUri("/readyz"), TestContext.Current.CancellationToken)).IsSuccessStatusCode);
    }

    /// <summary>"127.0.0.1:8080" to ":8080" is a common edit, though both cannot be bound at once.</summary>
    [Fact]
    public async Task A_listener_can_be_widened_to_all_addresses_and_narrowed_again()
    {
        foreach (var bind in (string[])[$"0.0.0.0:{Lb.Config.WebPort}", $"[::]:{Lb.Config.WebPort}", $"127.0.0.1:{Lb.Config.WebPort}"])
        {
            Lb.Config.Listener("web", bind);
            await Lb.ApplyAsync();

            Assert.Equal("api", (await Lb.GetAsync(Host)).Text);
        }
    }

    private async Task<int> AskKeptAsync(CancellationToken done)
    {
        using var wire = await Lb.ConnectAsync();
        var count = 0;
        for (; !done.IsCancellationRequested; count++)
        {
            await wire.SendAsync($"GET /{count} HTTP/1.1\r\nHost: {Host}\r\n\r\n");
            Assert.Equal(200, (await wire.ReadAnswerAsync()).Status);
        }
        return count;
    }

    private async Task<int> AskAnewAsync(CancellationToken done)
    {
        var count = 0;
        for (; !done.IsCancellationRequested; count++)
        {
            Assert.Equal(200, (await Lb.GetAsync(Host)).Status);
        }
        return count;
    }
}
