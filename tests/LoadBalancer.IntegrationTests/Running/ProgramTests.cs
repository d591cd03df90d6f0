using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Running;

/// <summary>The program as its user sees it: commands, exit codes, addresses, the admin interface, the log.</summary>
public sealed partial class ProgramTests
{
    private const string Host = "api.haproxy.service.consul";

    [Theory]
    [InlineData("""{ "listeners": { "web": { "bind": "127.0.0.1:8080" } } }""", 0, "ok (1 listener, 0 routes, no source)")]
    [InlineData("""{ "listeners": { "web": { "bnd": "127.0.0.1:8080" } } }""", 1, "lb.json:1:27: listeners.web.bnd: unknown key; did you mean \"bind\"?")]
    [InlineData("{", 1, "lb.json:1:")]
    public async Task Check_tells_a_good_file_from_a_bad_one(string text, int exitCode, string said)
    {
        var folder = Directory.CreateTempSubdirectory("lb-check-").FullName;
        try
        {
            var file = Path.Combine(folder, "lb.json");
            await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);

            var (actual, output) = await LbProcess.RunAsync("check", "--config", file);

            Assert.Equal(exitCode, actual);
            Assert.Contains(said, output, StringComparison.Ordinal);
            if (exitCode != 0)
            {
                Assert.Equal(1, (await LbProcess.RunAsync("run", "--config", file)).ExitCode);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_said_and_the_exit_code_is_1()
    {
        foreach (var command in (string[])["check", "run"])
        {
            var (exitCode, output) = await LbProcess.RunAsync(command, "--config", "/nowhere/lb.json");

            Assert.Equal(1, exitCode);
            Assert.Contains("/nowhere/lb.json", output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("listeners.web.bind")]
    [InlineData("admin.bind")]
    public async Task A_taken_port_at_the_start_names_its_key(string key)
    {
        using var taken = new TcpListener(IPAddress.Loopback, Ports.Free());
        taken.Start();
        var config = new LbConfig();
        (key == "admin.bind" ? config.Root["admin"] : config.Listeners["web"])!["bind"] = taken.LocalEndpoint.ToString();

        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() => LbProcess.StartAsync(config));

        Assert.Contains("ended with 1", failed.Message, StringComparison.Ordinal);
        Assert.Contains($"{taken.LocalEndpoint} is in use by another program; stop that or set {key} to another port", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_listens_on_all_addresses_and_on_Unix_sockets()
    {
        await using var endpoint = new RawEndpoint("api");
        var (v4, all) = (Ports.Free(), Ports.Free());
        var path = Path.Combine(Path.GetTempPath(), $"lb-{Guid.NewGuid():N}.sock");
        var config = new LbConfig().Service("api", endpoint.Address)
            .Listener("v4", $"0.0.0.0:{v4}").Listener("all", $":{all}").Listener("unix", $"unix:{path}");
        await using (var lb = await LbProcess.StartAsync(config))
        {
            EndPoint[] addresses = [new IPEndPoint(IPAddress.Loopback, v4), new IPEndPoint(IPAddress.Loopback, all), new IPEndPoint(IPAddress.IPv6Loopback, all), new UnixDomainSocketEndPoint(path)];
            foreach (var address in addresses)
            {
                var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(address, TestContext.Current.CancellationToken);
                using var wire = new Wire(socket);
                await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {Host}\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n");
                Assert.Equal("api", (await wire.ReadAnswerAsync()).Text);
            }
            Assert.Equal(["127.0.0.1", "127.0.0.1", "::1", null], endpoint.Requests.Select(static request => request.Field("X-Forwarded-For")));
            Assert.Equal(0, await lb.StopAsync());
        }
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_Unix_socket_of_a_killed_process_is_taken_over_and_a_live_one_is_not()
    {
        var path = Path.Combine(Path.GetTempPath(), $"lb-{Guid.NewGuid():N}.sock");
        await using (var killed = await LbProcess.StartAsync(new LbConfig().Listener("unix", $"unix:{path}")))
        {
            killed.Process.Signal(9);
            await killed.Process.WaitForExitAsync();
        }
        Assert.True(File.Exists(path));

        await using var lb = await LbProcess.StartAsync(new LbConfig().Listener("unix", $"unix:{path}"));
        var second = await Assert.ThrowsAsync<InvalidOperationException>(() => LbProcess.StartAsync(new LbConfig().Listener("unix", $"unix:{path}")));

        Assert.Contains("listeners.unix.bind", second.Message, StringComparison.Ordinal);
        Assert.Equal(0, await lb.StopAsync());
    }

    [Fact]
    public async Task The_admin_interface_shows_what_is_known()
    {
        await using var endpoint = new RawEndpoint("api");
        var config = new LbConfig().Service("api", $$"""{ "address": "{{endpoint.Address}}", "weight": 3, "priority": 1, "tags": ["v1"], "datacenter": "dc1" }""").Service("b", "127.0.0.1:1");
        await using var lb = await LbProcess.StartAsync(config);
        await lb.GetAsync(Host);
        await lb.WaitForIdleAsync("api");

        Assert.Equal("ok\n", await lb.Admin.GetStringAsync(lb.AdminUri("/healthz"), TestContext.Current.CancellationToken));
        Assert.Equal("ready\n", await lb.Admin.GetStringAsync(lb.AdminUri("/readyz"), TestContext.Current.CancellationToken));
        var all = JsonDocument.Parse(await lb.Admin.GetStringAsync(lb.AdminUri("/api/services"), TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal(["api", "b"], all.EnumerateArray().Select(static one => one.GetProperty("name").GetString()!));
        var api = await lb.ServiceAsync("API");
        Assert.Equal(("static", 1, false, 1L, "roundRobin"), (api.GetProperty("source").GetString(), api.GetProperty("available").GetInt32(), api.GetProperty("stale").GetBoolean(), api.GetProperty("requests").GetInt64(), api.GetProperty("balance").GetString()));
        Assert.InRange(api.GetProperty("ageSeconds").GetDouble(), 0, 600);
        Assert.Equal(JsonValueKind.Null, api.GetProperty("sourceError").ValueKind);
        var one = api.GetProperty("endpoints")[0];
        Assert.Equal(
            (endpoint.Address, "available", 3, 1, 0, 1L, 0L, "v1", "dc1"),
            (one.GetProperty("address").GetString(), one.GetProperty("state").GetString(), one.GetProperty("weight").GetInt32(), one.GetProperty("priority").GetInt32(), one.GetProperty("inFlight").GetInt32(), one.GetProperty("total").GetInt64(), one.GetProperty("failures").GetInt64(), one.GetProperty("tags")[0].GetString(), one.GetProperty("datacenter").GetString()));

        using var admin = await Wire.ConnectAsync(lb.Config.AdminPort);
        foreach (var (request, status) in new[] { ("HEAD /healthz", 200), ("HEAD /api/services", 200), ("GET /api/services/nobody", 404), ("GET /nothing", 404), ("POST /healthz", 405), ("GET /", 200) })
        {
            await admin.SendAsync($"{request} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
            Assert.Equal((request, status), (request, (await admin.ReadAnswerAsync(toHead: request.StartsWith("HEAD", StringComparison.Ordinal))).Status));
        }
    }

    [Fact]
    public async Task Requests_whatever_becomes_of_them_write_no_line()
    {
        await using var endpoint = new RawEndpoint("api");
        await using var closing = new RawEndpoint("closing", static async wire => await wire.ReadRequestAsync());
        var config = new LbConfig().Service("api", endpoint.Address).Service("closing", closing.Address).Service("dead", LbConfig.Loopback(Ports.Free()));
        await using var lb = await LbProcess.StartAsync(config);
        await lb.GetAsync("dead.haproxy.service.consul");
        var before = lb.Process.Lines.Count;

        for (var i = 0; i < 50; i++)
        {
            await lb.GetAsync(Host);
            await lb.GetAsync("nobody.test");
            await lb.GetAsync("closing.haproxy.service.consul");
            await lb.AskAsync("GET nonsense\r\n\r\n");
            using var wire = await lb.ConnectAsync();
            await wire.SendAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nContent-Length: 10\r\n\r\nx");
            wire.Reset();
            using var http2 = await lb.ConnectAsync();
            await http2.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense");
        }
        await lb.WaitForIdleAsync("api");

        // 300 exchanges; the endpoint that is ejected and asked again may have its say.
        Assert.True(lb.Process.Lines.Count - before < 30, lb.Process.Output);
        Assert.DoesNotContain("Exception", lb.Process.Output, StringComparison.Ordinal);
        Assert.Equal(0, await lb.StopAsync());
    }

    [Fact]
    public async Task Small_exchanges_wait_for_no_delayed_acknowledgement()
    {
        await using var endpoint = new RawEndpoint("api", RawEndpoint.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"));
        await using var lb = await LbProcess.StartAsync(new LbConfig().Service("api", endpoint.Address));
        using var wire = await lb.ConnectAsync();
        var times = new List<TimeSpan>();

        for (var i = 0; i < 60; i++)
        {
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            await wire.SendAsync($"POST / HTTP/1.1\r\nHost: {Host}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
            await wire.ReadAnswerAsync();
            times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(started));
        }

        // Nagle's algorithm against a delayed acknowledgement costs 40 ms in every exchange; a busy machine slows only some.
        Assert.True(times.Min() < TimeSpan.FromMilliseconds(35), $"the fastest took {times.Min()}");
    }

    /// <summary>Without TCP_NODELAY a client sends the rest when the beginning has been acknowledged.</summary>
    [Theory]
    [InlineData("GET / HT", "TP/1.1\r\nHost: api.haproxy.service.consul\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: api.haproxy.service.consul\r\nContent-Length: 4\r\n\r\n", "body")]
    public async Task A_first_request_in_two_pieces_waits_for_no_delayed_acknowledgement(string first, string rest)
    {
        await using var endpoint = new RawEndpoint("api");
        await using var lb = await LbProcess.StartAsync(new LbConfig().Service("api", endpoint.Address));
        var times = new List<TimeSpan>();

        for (var i = 0; i < 30; i++)
        {
            using var wire = await lb.ConnectAsync();
            wire.Socket.NoDelay = false;
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            await wire.SendAsync(first);
            await wire.SendAsync(rest);
            await wire.ReadAnswerAsync();
            times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(started));
        }

        Assert.True(times.Min() < TimeSpan.FromMilliseconds(35), $"the fastest took {times.Min()}");
    }

    [Fact]
    public async Task The_demo_does_what_it_prints()
    {
        var (web, admin, registry, dns) = (Ports.Free(), Ports.Free(), Ports.Free(), Ports.Free());
        string[] arguments = ["demo", "--port", $"{web}", "--admin-port", $"{admin}", "--registry-port", $"{registry}", "--dns-port", $"{dns}"];
        await using var demo = ChildProcess.Start(LbProcess.Program, arguments);
        await demo.WaitForLineAsync("Ctrl+C ends everything", TimeSpan.FromSeconds(60));
        var commands = demo.Lines.Select(static line => line.Trim()).Where(static line => line.StartsWith("curl ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(4, commands.Length);

        var names = new HashSet<string>();
        for (var i = 0; i < 9; i++)
        {
            names.Add((await ShellAsync(commands[0])).Split(' ')[0]);
        }
        Assert.Equal(["api-1", "api-2", "api-3"], names.Order());

        Assert.Contains("api-1 stops", await ShellAsync(commands[1]), StringComparison.Ordinal);
        for (var i = 0; i < 20; i++)
        {
            Assert.Matches(AnswersOfTheOthers(), await ShellAsync(commands[0]));
        }

        await ShellAsync(commands[2]);
        await Eventually.True(async () => (await ShellAsync(commands[3])).StartsWith("api-2 answers", StringComparison.Ordinal), "the new service is reachable");

        // A second one cannot have the ports and says by which option to move.
        var (exitCode, output) = await LbProcess.RunAsync(arguments);
        Assert.Equal(1, exitCode);
        Assert.Matches("is in use by another program.*--(registry|dns)-port", output);
        demo.Signal(2);
        Assert.Equal(0, await demo.WaitForExitAsync());
    }

    private static async Task<string> ShellAsync(string command)
    {
        Assert.SkipWhen(Tools.Find("curl") is null, Tools.Missing("curl"));
        await using var shell = ChildProcess.Start("/bin/sh", ["-c", command.Replace("curl ", "curl -sS ", StringComparison.Ordinal)]);
        await shell.WaitForExitAsync();
        return shell.Output;
    }

    [GeneratedRegex("^api-[23] answers")]
    private static partial Regex AnswersOfTheOthers();
}
