using LoadBalancer.IntegrationTests.Drills;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Resilience;

/// <summary>The balancer's own checks of static endpoints, which nobody else checks.</summary>
public sealed class ActiveCheckTests
{
    private const string Host = LbFixture.Host;

    [Fact]
    public async Task One_that_says_503_of_itself_is_out_without_an_error_to_clients_and_returns()
    {
        await using var sick = await Instance.StartAsync("api-1");
        await using var well = await Instance.StartAsync("api-2");
        var config = new LbConfig().Service("api", Address(sick.Port), Address(well.Port))
            .Policy("api", """{ "check": { "type": "http", "path": "/health", "interval": "200ms", "fastInterval": "50ms", "timeout": "10s" } }""");
        await using var lb = await LbProcess.StartAsync(config);
        var load = ConstantLoad.Start(config.WebPort);
        await load.GoesOnAsync(50);
        Assert.Equal((true, true), (sick.Requests > 0, well.Requests > 0));

        sick.HealthStatus = 503;
        await ShowsAsync(lb, sick.Port, "unhealthy", "check: HTTP 503 from GET /health");
        // What was picked before the verdict has arrived by the time that later requests are answered.
        await load.GoesOnAsync(20);
        var (before, others) = (sick.Requests, well.Requests);
        await load.GoesOnAsync(50);
        Assert.Equal(before, sick.Requests);
        Assert.True(well.Requests > others);

        sick.HealthStatus = 200;
        await ShowsAsync(lb, sick.Port, "available", null);
        await Eventually.True(() => sick.Requests > before, "it gets requests again");
        await load.EndWithoutLossAsync(lb);
        Assert.Contains(lb.Process.Lines, line => line.Contains($"{Address(sick.Port)}: available -> unhealthy", StringComparison.Ordinal));
        Assert.Contains(lb.Process.Lines, line => line.Contains($"{Address(sick.Port)}: unhealthy -> available", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_is_stopped_is_out_by_the_time_limit_of_the_check_and_returns()
    {
        await using var stopped = await InstanceProcess.StartAsync("api-1");
        await using var well = await InstanceProcess.StartAsync("api-2");
        var config = new LbConfig().Service("api", Address(stopped.Port), Address(well.Port))
            .Policy("api", """{ "check": { "type": "http", "path": "/health", "interval": "200ms", "fastInterval": "50ms", "timeout": "2s", "fall": 2 } }""");
        await using var lb = await LbProcess.StartAsync(config);

        stopped.Pause();
        await ShowsAsync(lb, stopped.Port, "unhealthy", "check: no answer within 2 s");
        for (var i = 0; i < 20; i++)
        {
            Assert.StartsWith("api-2", (await lb.GetAsync(Host)).Text, StringComparison.Ordinal);
        }

        stopped.Resume();
        await ShowsAsync(lb, stopped.Port, "available", null);
    }

    [Fact]
    public async Task A_command_decides_until_a_reload_turns_it_off()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        var folder = Directory.CreateTempSubdirectory("lb-check-").FullName;
        try
        {
            await using var endpoint = new RawEndpoint("api");
            var config = new LbConfig().Service("api", endpoint.Address)
                .Policy("api", $$"""{ "check": { "type": "command", "command": ["sh", "-c", "test -e {{folder}}/$LB_SERVICE-$LB_ADDRESS || { echo absent; exit 3; }"], "interval": "200ms", "fastInterval": "50ms", "timeout": "10s", "initial": "down" } }""");
            await using var lb = await LbProcess.StartAsync(config);
            await Eventually.True(async () => (await lb.EndpointAsync("api", endpoint.Address)).GetProperty("check").GetString() == "exit code 3 of sh: absent", "it was checked");
            Assert.Equal("unhealthy", (await lb.EndpointAsync("api", endpoint.Address)).GetProperty("state").GetString());
            Assert.Equal(503, (await lb.GetAsync(Host)).Status);

            var flag = Path.Combine(folder, $"api-{endpoint.Address}");
            await File.WriteAllTextAsync(flag, "", TestContext.Current.CancellationToken);
            await Eventually.True(async () => (await lb.GetAsync(Host)).Status == 200, "it is in");
            File.Delete(flag);
            await Eventually.True(async () => (await lb.GetAsync(Host)).Status == 503, "it is out");

            config.Policy("api", "{}");
            await lb.ApplyAsync();
            Assert.Equal(200, (await lb.GetAsync(Host)).Status);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Address(int port) => LbConfig.Loopback(port);

    private static Task ShowsAsync(LbProcess lb, int port, string state, string? reason) => Eventually.True(
        async () =>
        {
            var endpoint = await lb.EndpointAsync("api", Address(port));
            return (endpoint.GetProperty("state").GetString(), endpoint.GetProperty("reason").GetString()) == (state, reason);
        },
        $"{port} is {state}:\n{lb.Process.Output}", TimeSpan.FromSeconds(60));
}
