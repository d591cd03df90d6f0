namespace LoadBalancer.TestSupport;

/// <summary>A real HAProxy for as long as a test runs.</summary>
public sealed class HaProxyProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly string _folder;

    private HaProxyProcess(ChildProcess process, string folder) => (_process, _folder) = (process, folder);

    /// <summary>
    /// Starts it with the sections of <paramref name="configuration"/>, behind a global section and short defaults, and waits until
    /// it listens on <paramref name="port"/>.
    /// </summary>
    public static async Task<HaProxyProcess> StartAsync(string configuration, int port)
    {
        var program = Tools.Find("haproxy") ?? throw new InvalidOperationException(Tools.Missing("haproxy"));
        var folder = Directory.CreateTempSubdirectory("haproxy-test-").FullName;
        var file = Path.Combine(folder, "haproxy.cfg");
        await File.WriteAllTextAsync(file, $"""
            global
              maxconn 200
            defaults
              mode tcp
              timeout connect 5s
              timeout client 30s
              timeout server 30s
            {configuration}

            """);
        var haproxy = new HaProxyProcess(ChildProcess.Start(program, ["-db", "-f", file]), folder);
        try
        {
            await Eventually.True(
                () => haproxy._process.HasExited ? throw new InvalidOperationException("HAProxy ended:\n" + haproxy._process.Output) : IsListening(port),
                "HAProxy listens");
            return haproxy;
        }
        catch
        {
            await haproxy.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Seen from outside: a connection to find out would be one that the test does not expect.</summary>
    private static bool IsListening(int port) =>
        System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(end => end.Port == port);
}
