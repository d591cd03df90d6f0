using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Running;

/// <summary>When the process has used up its descriptors.</summary>
public sealed class DescriptorTests
{
    private const string Host = "api.haproxy.service.consul";

    [Fact]
    public async Task Beyond_the_limit_connections_wait_and_none_fails()
    {
        await using var echo = new RawEndpoint("echo", EchoAsync);
        var port = Ports.Free();
        var config = new LbConfig().Tcp("tcp", port, "echo", echo.Address);
        await using var lb = await LbProcess.StartAsync(config, files: 400);
        // 400 descriptors, half of them in reserve, two for each connection.
        const int served = 100;
        var wires = new List<Wire>();

        for (var i = 0; i < 2 * served; i++)
        {
            var wire = await Wire.ConnectAsync(port);
            await wire.SendAsync("x");
            wires.Add(wire);
        }
        await lb.WaitForInFlightAsync("echo", served);
        await lb.Process.WaitForLineAsync("more wait until some end");
        Assert.True((await lb.Admin.GetAsync(lb.AdminUri("/readyz"), TestContext.Current.CancellationToken)).IsSuccessStatusCode);

        foreach (var wire in wires)
        {
            Assert.Equal("x"u8.ToArray(), await wire.ReadAsync(1));
            wire.Dispose();
        }
        await lb.WaitForIdleAsync("echo");
        Assert.DoesNotContain("cannot accept", lb.Process.Output, StringComparison.Ordinal);
        Assert.Equal((2 * served, 0), (await TotalsAsync(lb, "echo")));
    }

    [Fact]
    public async Task An_endpoint_is_not_blamed_and_nothing_leaks_when_no_socket_can_be_made()
    {
        Assert.SkipWhen(Tools.Find("prlimit") is null, Tools.Missing("prlimit"));
        await using var echo = new RawEndpoint("echo", EchoAsync);
        await using var endpoint = new RawEndpoint("api");
        var (port, dead) = (Ports.Free(), Ports.Free());
        var config = new LbConfig().Service("api", endpoint.Address).Tcp("tcp", port, "echo", echo.Address)
            .Policy("echo", """{ "limits": { "maxRequests": 1, "queue": 1, "queueTimeout": "10m" } }""")
            .Tcp("dead", dead, "dead", LbConfig.Loopback(Ports.Free()));
        await using var lb = await LbProcess.StartAsync(config);
        // The runtime opens the files of what it runs for the first time: a place that is waited for, connections that fail.
        await TakeTurnsAsync(lb, port, static () => Task.CompletedTask);
        await (await Wire.ConnectAsync(dead)).WaitForCloseAsync();
        await lb.GetAsync("dead.haproxy.service.consul");
        using var http = await lb.ConnectAsync();
        await http.SendAsync($"GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n");
        await http.ReadAnswerAsync();

        // Its clients are there already; from here on every further socket is one too many.
        await TakeTurnsAsync(lb, port, () => LimitAsync(lb, 1), isServed: false);
        await http.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        var refused = await http.ReadAnswerAsync();

        Assert.Equal((503, "shortage"), (refused.Status, refused.Field("X-Lb-Reason")));
        await LimitAsync(lb, 4096);
        foreach (var (service, total) in new[] { ("echo", 4), ("api", 1) })
        {
            await lb.WaitForIdleAsync(service);
            Assert.Equal(1, (await lb.ServiceAsync(service)).GetProperty("available").GetInt32());
            Assert.Equal((total, 0), await TotalsAsync(lb, service));
        }
        Assert.Equal("api", (await lb.GetAsync(Host)).Text);
        await TakeTurnsAsync(lb, port, static () => Task.CompletedTask);
    }

    [Fact]
    public async Task Clients_wait_while_no_connection_can_be_accepted()
    {
        Assert.SkipWhen(Tools.Find("prlimit") is null, Tools.Missing("prlimit"));
        await using var endpoint = new RawEndpoint("api");
        await using var lb = await LbProcess.StartAsync(new LbConfig().Service("api", endpoint.Address));
        Assert.Equal("api", (await lb.GetAsync(Host)).Text);
        await LimitAsync(lb, 1);
        using var first = await lb.ConnectAsync();
        using var second = await lb.ConnectAsync();
        foreach (var wire in (Wire[])[first, second])
        {
            await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        }
        await lb.Process.WaitForLineAsync("listener web: cannot accept a connection: Too many open files");

        await LimitAsync(lb, 4096);

        Assert.Equal(["api", "api"], [(await first.ReadAnswerAsync()).Text, (await second.ReadAnswerAsync()).Text]);
        Assert.Single(lb.Process.Lines, static line => line.Contains("cannot accept", StringComparison.Ordinal));
    }

    /// <summary>Two connections to a service that takes one at a time: what is done between them, the second one feels.</summary>
    private static async Task TakeTurnsAsync(LbProcess lb, int port, Func<Task> between, bool isServed = true)
    {
        var before = await RequestsAsync();
        using var first = await Wire.ConnectAsync(port);
        await first.SendAsync("1");
        await first.ReadAsync(1);
        using var second = await Wire.ConnectAsync(port);
        await second.SendAsync("2");
        await Eventually.True(async () => await RequestsAsync() == before + 2, "the second one waits for its turn");
        await between();
        first.Dispose();
        if (isServed)
        {
            Assert.Equal("2"u8.ToArray(), await second.ReadAsync(1));
        }
        else
        {
            await second.WaitForCloseAsync();
        }

        async Task<long> RequestsAsync() => (await lb.ServiceAsync("echo")).GetProperty("requests").GetInt64();
    }

    private static async Task EchoAsync(Wire wire)
    {
        while (true)
        {
            await wire.SendAsync(await wire.ReadAsync(1));
        }
    }

    private static async Task<(long Total, long Failures)> TotalsAsync(LbProcess lb, string service)
    {
        var one = (await lb.ServiceAsync(service)).GetProperty("endpoints")[0];
        return (one.GetProperty("total").GetInt64(), one.GetProperty("failures").GetInt64());
    }

    private static async Task LimitAsync(LbProcess lb, int files)
    {
        await using var prlimit = ChildProcess.Start(Tools.Find("prlimit")!, ["--pid", $"{lb.Process.Id}", $"--nofile={files}:"]);
        Assert.True(await prlimit.WaitForExitAsync() == 0, prlimit.Output);
    }
}
