using System.Net.Sockets;

namespace LoadBalancer.TestSupport;

/// <summary>A real DNS server with records of the test's own: dnsmasq on a free port of loopback.</summary>
public sealed class Dnsmasq : IAsyncDisposable
{
    private ChildProcess? _process;

    public int Port { get; } = Ports.Free();

    public string Server => $"127.0.0.1:{Port}";

    public static async Task<Dnsmasq> StartAsync(params string[] options)
    {
        var server = new Dnsmasq();
        await server.RestartAsync(options);
        return server;
    }

    /// <summary>Starts it on the same port with other records; it answers when this returns.</summary>
    public async Task RestartAsync(params string[] options)
    {
        await StopAsync();
        await Eventually.True(async () =>
        {
            // A child that serves a connection of before may hold the port a moment longer than its parent.
            if (_process is null or { HasExited: true })
            {
                await StopAsync();
                _process = Start(options);
            }
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", Port);
            return !_process.HasExited;
        }, "dnsmasq listens");
    }

    public async Task StopAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
            _process = null;
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private ChildProcess Start(string[] options) => ChildProcess.Start(Tools.Find("dnsmasq")!,
    [
        "--conf-file=/dev/null", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--bind-interfaces", "--listen-address=127.0.0.1", $"--port={Port}",
        "--pid-file=", "--local=/example.com/", "--user=" + Environment.UserName, .. options,
    ]);
}
