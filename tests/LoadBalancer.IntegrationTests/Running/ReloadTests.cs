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
    public async Task A_change_of_the_engine_costs_no_request()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "there is one engine only");
        using var done = new CancellationTokenSource();
        var asked = Enumerable.Range(0, 4).Select(i => Task.Run(() => i < 2 ? AskKeptAsync(done.Token) : AskAnewAsync(done.Token))).ToArray();

        foreach (var engine in Engine.IsKestrel ? (string[])["reactor", "kestrel", "auto"] : ["kestrel", "reactor", "kestrel", "auto"])
        {
            Lb.Config.Listeners["web"]!["engine"] = engine;
            await Lb.ApplyAsync();
            await Lb.Process.WaitForLineAsync($"listener web: listening on 127.0.0.1:{Lb.Config.WebPort} (http, {(engine == "kestrel" ? "kestrel" : "reactor")})");
            Assert.Equal("api", (await Lb.GetAsync(Host)).Text);
        }

        await done.CancelAsync();
        Assert.All(await Task.WhenAll(asked), static count => Assert.InRange(count, 1, int.MaxValue));
        await Lb.WaitForIdleAsync("api");
        Assert.Equal(0, await Lb.StopAsync());
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

    /// <summary>Another address of this machine is foreign, so the wide one cannot be had: the narrow one is there again.</summary>
    [Fact]
    public async Task A_listener_that_cannot_be_widened_stays_and_it_is_said()
    {
        using var foreign = new TcpListener(IPAddress.Parse("127.0.0.2"), Lb.Config.WebPort);
        foreign.Start();
        var free = Ports.Free();
        Lb.Config.Listener("web", $"0.0.0.0:{Lb.Config.WebPort}").Listener("also", free).Route("""{ "host": "new.test", "service": "api" }""");

        await Lb.WriteAsync(Lb.Config.ToString());

        await Lb.Process.WaitForLineAsync($"REFUSED, the running one stays: 0.0.0.0:{Lb.Config.WebPort} is in use by another program; stop that or set listeners.web.bind");
        Assert.Equal("api", (await Lb.GetAsync(Host)).Text);
        Assert.Equal(404, (await Lb.GetAsync("new.test")).Status);
        await Assert.ThrowsAsync<SocketException>(() => Wire.ConnectAsync(free));
        foreign.Stop();
        await Lb.WriteAsync(Lb.Config.ToString() + "\n");
        await Eventually.True(async () => (await Lb.GetAsync("new.test")).Status == 200, "with the address free, it is taken");
    }

    [Fact]
    public async Task The_admin_interface_can_be_widened_and_narrowed_and_swapped_with_a_listener()
    {
        var (web, admin) = (Lb.Config.WebPort, Lb.Config.AdminPort);
        foreach (var bind in (string[])[$"0.0.0.0:{admin}", $":{admin}", $"127.0.0.1:{admin}"])
        {
            Lb.Config.Root["admin"]!["bind"] = bind;
            await Lb.ApplyAsync();
            Assert.True((await Lb.Admin.GetAsync(Lb.AdminUri("/readyz"), TestContext.Current.CancellationToken)).IsSuccessStatusCode);
        }

        Lb.Config.Root["admin"]!["bind"] = LbConfig.Loopback(web);
        Lb.Config.Listener("web", admin);
        await Lb.ApplyAsync();

        Assert.Equal("ready\n", await Lb.Admin.GetStringAsync(new Uri($"http://127.0.0.1:{web}/readyz"), TestContext.Current.CancellationToken));
        using var wire = await Wire.ConnectAsync(admin);
        await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        Assert.Equal("api", (await wire.ReadAnswerAsync()).Text);
    }

    [Fact]
    public async Task The_admin_interface_can_be_turned_off_and_on()
    {
        var admin = Lb.Config.Root["admin"]!.DeepClone();
        Lb.Config.Root["admin"] = null;
        await Lb.ApplyAsync();
        await Assert.ThrowsAsync<SocketException>(() => Wire.ConnectAsync(Lb.Config.AdminPort));

        Lb.Config.Root["admin"] = admin;
        await Lb.ApplyAsync();
        Assert.True((await Lb.Admin.GetAsync(Lb.AdminUri("/readyz"), TestContext.Current.CancellationToken)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task Who_connects_the_moment_that_a_new_listener_is_there_is_served()
    {
        await using var other = new RawEndpoint("other");
        for (var round = 0; round < 5; round++)
        {
            var (http, tcp) = (Ports.Free(), Ports.Free());
            Lb.Config.Listener("new", http).Tcp("raw", tcp, $"raw{round}", other.Address).Service($"s{round}", other.Address)
                .Route($$"""{ "host": "r{{round}}.test", "service": "s{{round}}" }""");
            var first = Task.WhenAll(FirstAsync(http, $"r{round}.test"), FirstAsync(tcp, "any.test"));

            await Lb.ApplyAsync();

            Assert.Equal(["other", "other"], await first);
        }

        static async Task<string> FirstAsync(int port, string host)
        {
            while (true)
            {
                try
                {
                    using var wire = await Wire.ConnectAsync(port);
                    await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
                    return (await wire.ReadAnswerAsync()).Text;
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
                {
                    await Task.Yield();
                }
            }
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
