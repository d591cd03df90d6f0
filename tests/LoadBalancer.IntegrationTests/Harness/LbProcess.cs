using System.Text.Json;

namespace LoadBalancer.IntegrationTests.Harness;

/// <summary>The real program, run as a user runs it: `lb run --config FILE`.</summary>
public sealed class LbProcess : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lb-test-").FullName;
    private ChildProcess? _process;
    private int? _files;

    private LbProcess(LbConfig config)
    {
        Config = config;
        Admin = new HttpClient();
    }

    /// <summary>The built program beside the tests.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "lb");

    /// <summary>Change it, then <see cref="ApplyAsync"/>.</summary>
    public LbConfig Config { get; }

    /// <summary>A client of the admin interface.</summary>
    public HttpClient Admin { get; }

    public ChildProcess Process => _process!;

    public string ConfigFile => Path.Combine(_folder, "lb.json");

    public string StateFile => Path.Combine(_folder, "lb.state.json");

    /// <summary>Starts it.</summary>
    /// <param name="config">Its lb.json.</param>
    /// <param name="whenReady">Returns when /readyz says 200; else when the admin interface answers.</param>
    /// <param name="files">Its limit on open files; null leaves it as it is.</param>
    public static async Task<LbProcess> StartAsync(LbConfig config, bool whenReady = true, int? files = null)
    {
        var lb = new LbProcess(config) { _files = files };
        try
        {
            await lb.StartAgainAsync(whenReady);
            return lb;
        }
        catch
        {
            await lb.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it in the same folder, after it has ended.</summary>
    public async Task StartAgainAsync(bool whenReady = true)
    {
        await File.WriteAllTextAsync(ConfigFile, Config.ToString());
        _process = _files is null
            ? ChildProcess.Start(Program, ["run", "--config", ConfigFile])
            : ChildProcess.Start("/bin/sh", ["-c", $"ulimit -n {_files} && exec \"$0\" run --config \"$1\"", Program, ConfigFile]);
        await Eventually.True(
            async () => _process.HasExited
                ? throw new InvalidOperationException($"lb ended with {_process.ExitCode}:\n{_process.Output}")
                : (await Admin.GetAsync(AdminUri("/readyz"))).IsSuccessStatusCode || !whenReady,
            "lb is ready:\n" + _process.Output, TimeSpan.FromSeconds(60));
    }

    /// <summary>Runs `lb` with any arguments to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await using var process = ChildProcess.Start(Program, arguments);
        var exitCode = await process.WaitForExitAsync();
        return (exitCode, process.Output);
    }

    /// <summary>Writes the present <see cref="Config"/> and waits until it is in force.</summary>
    public async Task ApplyAsync()
    {
        var before = Applied;
        await WriteAsync(Config.ToString());
        await Eventually.True(() => Applied > before, $"the new configuration is in force:\n{Process.Output}");
    }

    /// <summary>Makes these the endpoints of a static service and waits until they are.</summary>
    public async Task UseAsync(string service, params string[] addresses)
    {
        Config.Service(service, addresses);
        await ApplyAsync();
        await Eventually.True(
            async () => (await ServiceAsync(service)).GetProperty("endpoints").EnumerateArray().Select(static one => one.GetProperty("address").GetString()!)
                .Order(StringComparer.Ordinal).SequenceEqual(addresses.Select(AddressOf).Order(StringComparer.Ordinal)),
            $"{service} has the endpoints {string.Join(", ", addresses)}");

        static string AddressOf(string address) => address.StartsWith('{') ? JsonDocument.Parse(address).RootElement.GetProperty("address").GetString()! : address;
    }

    /// <summary>Replaces lb.json as an editor does: a new file renamed over the old one.</summary>
    public async Task WriteAsync(string text)
    {
        await File.WriteAllTextAsync(ConfigFile + ".new", text);
        File.Move(ConfigFile + ".new", ConfigFile, overwrite: true);
    }

    /// <summary>Stops it as a service manager does; the exit code.</summary>
    public async Task<int> StopAsync(TimeSpan? within = null)
    {
        Process.Signal(15);
        return await Process.WaitForExitAsync(within);
    }

    /// <summary>A service as /api/services shows it.</summary>
    public async Task<JsonElement> ServiceAsync(string name) =>
        JsonDocument.Parse(await Admin.GetStringAsync(AdminUri("/api/services/" + name))).RootElement;

    /// <summary>An endpoint of a service as /api/services shows it.</summary>
    public async Task<JsonElement> EndpointAsync(string service, string address) =>
        (await ServiceAsync(service)).GetProperty("endpoints").EnumerateArray().Single(one => one.GetProperty("address").GetString() == address);

    /// <summary>A listener as /api/listeners shows it.</summary>
    public async Task<JsonElement> ListenerAsync(string name) =>
        JsonDocument.Parse(await Admin.GetStringAsync(AdminUri("/api/listeners"))).RootElement.EnumerateArray().Single(one => one.GetProperty("name").GetString() == name);

    /// <summary>Waits until no lease of the service runs.</summary>
    public Task WaitForIdleAsync(string service) => Eventually.True(
        async () => (await ServiceAsync(service)).GetProperty("endpoints").EnumerateArray().All(static one => one.GetProperty("inFlight").GetInt32() == 0),
        $"{service} has nothing in flight");

    /// <summary>Waits until so many leases of the service run.</summary>
    public Task WaitForInFlightAsync(string service, int count) => Eventually.True(
        async () => (await ServiceAsync(service)).GetProperty("endpoints").EnumerateArray().Sum(static one => one.GetProperty("inFlight").GetInt32()) == count,
        $"{service} has {count} in flight");

    public Uri AdminUri(string path) => new($"http://127.0.0.1:{Config.AdminPort}{path}");

    /// <summary>A raw connection to the listener "web".</summary>
    public Task<Wire> ConnectAsync() => Wire.ConnectAsync(Config.WebPort);

    /// <summary>Sends raw text on a connection of its own and reads one answer.</summary>
    public async Task<HttpMessage> AskAsync(string request)
    {
        using var wire = await ConnectAsync();
        await wire.SendAsync(request);
        return await wire.ReadAnswerAsync(toHead: request.StartsWith("HEAD ", StringComparison.Ordinal));
    }

    /// <summary>GET for a host, without more.</summary>
    public Task<HttpMessage> GetAsync(string host, string target = "/", string fields = "") =>
        AskAsync($"GET {target} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n");

    /// <summary>A client for real requests; each says its own Host and version.</summary>
    public HttpClient Client() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ActivityHeadersPropagator = null, EnableMultipleHttp2Connections = true })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{Config.WebPort}/"),
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>How many descriptors the process has open.</summary>
    public int Descriptors => Directory.GetFileSystemEntries($"/proc/{Process.Id}/fd").Length;

    /// <summary>Memory in use, in MiB.</summary>
    public long ResidentMiB => long.Parse(File.ReadLines($"/proc/{Process.Id}/status").First(static line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) / 1024;

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private int Applied => Process.Lines.Count(static line => line.Contains("the new configuration is in force", StringComparison.Ordinal));
}
