using System.Net.Sockets;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Running;

public sealed class DrainTests
{
    private const string Host = "api.haproxy.service.consul";

    [Fact]
    public async Task A_signal_lets_finish_what_runs_refuses_what_is_new_and_ends_with_0()
    {
        using var answer = new SemaphoreSlim(0);
        await using var slow = new RawEndpoint("slow", async wire =>
        {
            await wire.ReadRequestAsync();
            await answer.WaitAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
        });
        await using var echo = new RawEndpoint("echo", async wire =>
        {
            while (true)
            {
                await wire.SendAsync(await wire.ReadAsync(1));
            }
        });
        var tcpPort = Ports.Free();
        await using var lb = await LbProcess.StartAsync(new LbConfig().Service("api", slow.Address).Tcp("tcp", tcpPort, "echo", echo.Address));
        using var idle = await lb.ConnectAsync();
        using var running = await lb.ConnectAsync();
        await running.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        await lb.WaitForInFlightAsync("api", 1);
        using var tcp = await Wire.ConnectAsync(tcpPort);
        await tcp.SendAsync("x");
        await tcp.ReadAsync(1);

        lb.Process.Signal(15);

        await Eventually.True(async () => (int)(await lb.Admin.GetAsync(lb.AdminUri("/readyz"))).StatusCode == 503, "/readyz says that it drains");
        Assert.True((await lb.Admin.GetAsync(lb.AdminUri("/healthz"), TestContext.Current.CancellationToken)).IsSuccessStatusCode);
        await Eventually.True(async () => await IsRefusedAsync(lb.Config.WebPort) && await IsRefusedAsync(tcpPort), "new connections are refused");
        await idle.WaitForCloseAsync();
        await tcp.SendAsync("y");
        await tcp.ReadAsync(1);
        Assert.False(lb.Process.HasExited);

        answer.Release();
        var finished = await running.ReadAnswerAsync();
        Assert.Equal(("slow", "close"), (finished.Text, finished.Field("Connection")));
        tcp.EndSending();
        tcp.Dispose();

        Assert.Equal(0, await lb.Process.WaitForExitAsync());
    }

    [Fact]
    public async Task What_runs_for_longer_than_the_drain_timeout_is_cut_and_the_exit_code_is_0()
    {
        await using var silent = new RawEndpoint("silent", static wire => wire.WaitForCloseAsync());
        var tcpPort = Ports.Free();
        var config = new LbConfig().Service("api", silent.Address).Tcp("tcp", tcpPort, "silent", silent.Address);
        config.Root["drainTimeout"] = "1s";
        await using var lb = await LbProcess.StartAsync(config);
        using var http = await lb.ConnectAsync();
        await http.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        using var tcp = await Wire.ConnectAsync(tcpPort);
        await lb.WaitForInFlightAsync("api", 1);
        await lb.WaitForInFlightAsync("silent", 1);

        Assert.Equal(0, await lb.StopAsync());

        await http.WaitForCloseAsync();
        await tcp.WaitForCloseAsync();
        Assert.DoesNotContain("Exception", lb.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_drain_delay_it_says_that_it_leaves_and_goes_on_accepting()
    {
        await using var endpoint = new RawEndpoint("api");
        var config = new LbConfig().Service("api", endpoint.Address);
        config.Root["drainDelay"] = "10m";
        await using var lb = await LbProcess.StartAsync(config);

        lb.Process.Signal(Signals.Terminate);

        await Eventually.True(async () => (int)(await lb.Admin.GetAsync(lb.AdminUri("/readyz"))).StatusCode == 503, "/readyz says that it leaves");
        await lb.Process.WaitForLineAsync("leaving: new connections are accepted for 00:10:00 more");
        Assert.Equal("api", (await lb.GetAsync(Host)).Text);
        Assert.NotEqual(0, await lb.Process.SignalAsync(Signals.Terminate));
    }

    [Fact]
    public async Task After_the_drain_delay_it_drains()
    {
        var config = new LbConfig();
        config.Root["drainDelay"] = "100ms";
        await using var lb = await LbProcess.StartAsync(config);

        Assert.Equal(0, await lb.StopAsync());

        Assert.Matches("(?s)leaving: .*draining: ", lb.Process.Output);
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once()
    {
        await using var silent = new RawEndpoint("silent", static wire => wire.WaitForCloseAsync());
        var config = new LbConfig().Service("api", silent.Address);
        config.Root["drainTimeout"] = "10m";
        await using var lb = await LbProcess.StartAsync(config);
        using var http = await lb.ConnectAsync();
        await http.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n");
        await lb.WaitForInFlightAsync("api", 1);
        lb.Process.Signal(15);
        await lb.Process.WaitForLineAsync("draining");

        lb.Process.Signal(15);

        Assert.NotEqual(0, await lb.Process.WaitForExitAsync());
    }

    private static async Task<bool> IsRefusedAsync(int port)
    {
        try
        {
            using var wire = await Wire.ConnectAsync(port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
