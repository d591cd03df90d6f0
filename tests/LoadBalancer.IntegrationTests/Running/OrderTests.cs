using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Running;

/// <summary>The operator's orders by the command line of the real program.</summary>
public sealed class OrderTests : IAsyncLifetime
{
    private const string Host = "api.haproxy.service.consul";

    private readonly RawEndpoint _one = new("one");
    private readonly RawEndpoint _two = new("two");
    private LbProcess? _lb;

    private LbProcess Lb => _lb!;

    public async ValueTask InitializeAsync()
    {
        var config = new LbConfig().Service("api", _one.Address, _two.Address);
        config.Root["discovery"]!["stateFile"] = "lb.state.json";
        _lb = await LbProcess.StartAsync(config);
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        if (_lb is not null)
        {
            await _lb.DisposeAsync();
        }
    }

    [Fact]
    public async Task Drain_takes_new_traffic_off_and_lets_finish_what_runs()
    {
        using var answer = new SemaphoreSlim(0);
        var asked = new TaskCompletionSource();
        _one.Script = async wire =>
        {
            await wire.ReadRequestAsync();
            asked.TrySetResult();
            await answer.WaitAsync();
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
        };
        Task<HttpMessage>[] running = [Lb.GetAsync(Host), Lb.GetAsync(Host)];
        await asked.Task;

        var (exitCode, said) = await LbAsync("drain", $"api/{_one.Address}");

        Assert.Equal((0, true), (exitCode, said.StartsWith($"api/{_one.Address}: ordereddrain, weight 1, 1 in flight (ordered to drain by the operator at ", StringComparison.Ordinal)));
        await OnlyAsync("two");
        Assert.Equal(1, (await Lb.EndpointAsync("api", _one.Address)).GetProperty("inFlight").GetInt32());
        answer.Release();
        Assert.Equal(["one", "two"], (await Task.WhenAll(running)).Select(static one => one.Text).Order(StringComparer.Ordinal));
        Assert.Contains("ordered to drain by the operator", (await LbAsync("status")).Output, StringComparison.Ordinal);

        _one.Script = _one.ServeAsync;
        Assert.Equal(0, (await LbAsync("ready", $"api/{_one.Address}")).ExitCode);
        await BothAsync();
    }

    [Fact]
    public async Task Maint_of_all_leaves_nobody_and_ready_of_all_brings_them_back()
    {
        var (exitCode, said) = await LbAsync("maint", "api/*");
        Assert.Equal((0, 2), (exitCode, said.Split('\n').Count(static line => line.Contains("orderedmaintenance", StringComparison.Ordinal))));
        var refused = await Lb.GetAsync(Host);
        Assert.Equal((503, "no_endpoint"), (refused.Status, refused.Field("X-Lb-Reason")));

        Assert.Equal(0, (await LbAsync("ready", "api/*")).ExitCode);
        await BothAsync();
    }

    [Fact]
    public async Task A_weight_shares_the_traffic()
    {
        Assert.Equal(0, (await LbAsync("ready", $"api/{_one.Address}", "--weight", "4")).ExitCode);

        var texts = new List<string>();
        for (var i = 0; i < 50; i++)
        {
            texts.Add((await Lb.GetAsync(Host)).Text);
        }

        Assert.Equal(40, texts.Count(static text => text == "one"));
    }

    [Theory]
    [InlineData(Signals.Terminate)]
    [InlineData(Signals.Kill)]
    public async Task An_order_survives_a_restart_of_the_balancer_and_the_endpoints_absence(int signal)
    {
        Assert.Equal(0, (await LbAsync("drain", $"api/{_one.Address}")).ExitCode);

        // What was answered is on disk, also when the process is killed the next moment.
        await Lb.Process.SignalAsync(signal);
        await Lb.StartAgainAsync();
        await OnlyAsync("two");

        Lb.Config.Service("api", _two.Address);
        await Lb.ApplyAsync();
        Assert.Equal("absent", (await Lb.ServiceAsync("api")).GetProperty("endpoints").EnumerateArray().Single(one => one.GetProperty("id").GetString() == _one.Address).GetProperty("state").GetString());
        Assert.Contains("1 of 1 available", (await LbAsync("status")).Output, StringComparison.Ordinal);
        Lb.Config.Service("api", _one.Address, _two.Address);
        await Lb.ApplyAsync();
        await OnlyAsync("two");

        Assert.Equal(0, (await LbAsync("ready", $"api/{_one.Address}")).ExitCode);
        await Lb.Process.SignalAsync(signal);
        await Lb.StartAgainAsync();
        await BothAsync();
    }

    [Fact]
    public async Task What_cannot_be_ordered_is_said()
    {
        Assert.Equal((1, "lb drain: no source names the service apu; did you mean api?"), await LbAsync("drain", "apu/x"));
        Assert.Equal((1, "lb drain: api has no endpoint x; /api/services/api lists them"), await LbAsync("drain", "api/x"));

        var (exitCode, output) = await LbAsync("drain", "api");
        Assert.Equal(1, exitCode);
        Assert.Contains("'api' names no endpoint; write it like api/node-1/api-1, api/10.0.0.7:8080, or api/* for all of api", output, StringComparison.Ordinal);
        (exitCode, output) = await LbAsync("ready", "api/x", "--weight", "70000");
        Assert.Equal(1, exitCode);
        Assert.Contains("--weight: '70000' is not a weight; a weight is a number from 0 to 65535", output, StringComparison.Ordinal);

        (exitCode, output) = await LbProcess.RunAsync("drain", "api/x", "--admin", LbConfig.Loopback(Ports.Free()));
        Assert.Equal(2, exitCode);
        Assert.Contains("lb drain: no balancer answers at http://127.0.0.1:", output, StringComparison.Ordinal);
    }

    private async Task<(int ExitCode, string Output)> LbAsync(params string[] arguments) =>
        await LbProcess.RunAsync([.. arguments, "--admin", LbConfig.Loopback(Lb.Config.AdminPort)]);

    private async Task OnlyAsync(string name)
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(name, (await Lb.GetAsync(Host)).Text);
        }
    }

    private async Task BothAsync()
    {
        string[] texts = [(await Lb.GetAsync(Host)).Text, (await Lb.GetAsync(Host)).Text];
        Assert.Equal(["one", "two"], texts.Order(StringComparer.Ordinal));
    }
}
