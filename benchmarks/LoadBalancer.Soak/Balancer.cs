using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Soak;

/// <summary>The real program, with what can be seen of it from outside.</summary>
internal sealed class Balancer : IAsyncDisposable
{
    public const string Domain = "soak.test";

    /// <summary>The listener for HTTP that stays.</summary>
    public const string Web = "web";

    private readonly string _folder = Directory.CreateTempSubdirectory("lb-soak-").FullName;
    private readonly System.Net.Http.HttpClient _admin = new();
    private readonly int _adminPort = Ports.Free();
    private readonly SoakOptions _options;
    private ChildProcess? _process;
    private string _inForce = "";

    public Balancer(SoakOptions options)
    {
        _options = options;
        Listeners[Web] = Ports.Free();
    }

    /// <summary>The ports of HTTP listeners by name.</summary>
    public Dictionary<string, int> Listeners { get; } = [];

    /// <summary>The ports of TCP listeners by service.</summary>
    public Dictionary<string, int> Relays { get; } = [];

    /// <summary>The ports of endpoints by service.</summary>
    public Dictionary<string, List<int>> Services { get; } = [];

    public IEnumerable<string> Errors => _process!.Lines.Where(static line => line.Contains(" ERROR ", StringComparison.Ordinal) || line.Contains("Unhandled", StringComparison.Ordinal) || line.Contains("failed inside", StringComparison.Ordinal));

    public bool HasEnded => _process!.HasExited;

    public async Task StartAsync()
    {
        _inForce = Configuration().ToJsonString();
        File.WriteAllText(ConfigurationFile, _inForce);
        _process = ChildProcess.Start(_options.Program, ["run", "--config", ConfigurationFile]);
        await Eventually.True(
            async () => HasEnded
                ? throw new InvalidOperationException($"lb ended with {_process.ExitCode}:\n{_process.Output}")
                : (await _admin.GetAsync(AdminUri("/readyz"))).IsSuccessStatusCode,
            "lb is ready", TimeSpan.FromSeconds(60));
    }

    /// <summary>Puts what has changed into force.</summary>
    public async Task ApplyAsync()
    {
        var text = Configuration().ToJsonString();
        if (text == _inForce)
        {
            // The balancer says nothing about a file that is as it was.
            return;
        }
        var before = Applied;
        await File.WriteAllTextAsync(ConfigurationFile + ".new", text);
        _inForce = text;
        File.Move(ConfigurationFile + ".new", ConfigurationFile, overwrite: true);
        await Eventually.True(() => Applied > before || HasEnded, "the new configuration is in force", TimeSpan.FromSeconds(60));
    }

    /// <summary>A service as /api/services shows it.</summary>
    public async Task<ServiceFigures> ServiceAsync(string name)
    {
        using var document = JsonDocument.Parse(await _admin.GetStringAsync(AdminUri("/api/services/" + name)));
        var endpoints = document.RootElement.GetProperty("endpoints").EnumerateArray().ToArray();
        return new ServiceFigures(
            document.RootElement.GetProperty("requests").GetInt64(),
            endpoints.Sum(static one => one.GetProperty("inFlight").GetInt32()),
            endpoints.Sum(static one => one.GetProperty("total").GetInt64()),
            endpoints.Sum(static one => one.GetProperty("failures").GetInt64()));
    }

    /// <summary>How many descriptors it has, by kind: socket, pipe, other.</summary>
    public (int Sockets, int Pipes, int Others) Descriptors()
    {
        var (sockets, pipes, others) = (0, 0, 0);
        foreach (var link in Directory.GetFileSystemEntries($"/proc/{_process!.Id}/fd"))
        {
            // One may be closed between its listing and its reading.
            switch (new FileInfo(link).LinkTarget)
            {
                case { } target when target.StartsWith("socket:", StringComparison.Ordinal):
                    sockets++;
                    break;
                case { } target when target.StartsWith("pipe:", StringComparison.Ordinal):
                    pipes++;
                    break;
                case not null:
                    others++;
                    break;
                default:
                    break;
            }
        }
        return (sockets, pipes, others);
    }

    /// <summary>Its resident set in MiB.</summary>
    public double ResidentMegabytes() => long.Parse(
        File.ReadLines($"/proc/{_process!.Id}/status").First(static line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024.0;

    /// <summary>Its processor time so far.</summary>
    public TimeSpan ProcessorTime()
    {
        using var process = System.Diagnostics.Process.GetProcessById(_process!.Id);
        return process.TotalProcessorTime;
    }

    /// <summary>Asks it to leave; its exit code.</summary>
    public Task<int> StopAsync() => _process!.SignalAsync(Signals.Terminate);

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private string ConfigurationFile => Path.Combine(_folder, "lb.json");

    private int Applied => _process!.Lines.Count(static line => line.Contains("the new configuration is in force", StringComparison.Ordinal));

    private Uri AdminUri(string path) => new($"http://127.0.0.1:{_adminPort}{path}");

    private JsonObject Configuration()
    {
        var listeners = new JsonObject();
        foreach (var (name, port) in Listeners)
        {
            listeners[name] = new JsonObject { ["bind"] = Loopback(port), ["engine"] = _options.Engine };
        }
        foreach (var (service, port) in Relays)
        {
            listeners[service] = new JsonObject { ["bind"] = Loopback(port), ["protocol"] = "tcp", ["service"] = service, ["engine"] = _options.Engine };
        }
        var services = new JsonObject();
        foreach (var (service, ports) in Services)
        {
            services[service] = new JsonArray([.. ports.Select(static port => JsonValue.Create(Loopback(port)))]);
        }
        return new JsonObject
        {
            ["listeners"] = listeners,
            ["discovery"] = new JsonObject { ["static"] = services, ["stateFile"] = null },
            ["routing"] = new JsonObject { ["domain"] = Domain },
            // Endpoints fail all the time here, and all that is done about it is to ask another one.
            ["services"] = new JsonObject { ["*"] = new JsonObject { ["outliers"] = new JsonObject { ["consecutiveErrors"] = 0 }, ["retry"] = new JsonObject { ["attempts"] = 2, ["budget"] = null } } },
            ["admin"] = new JsonObject { ["bind"] = Loopback(_adminPort) },
            ["drainTimeout"] = "20s",
        };
    }

    private static string Loopback(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
}
