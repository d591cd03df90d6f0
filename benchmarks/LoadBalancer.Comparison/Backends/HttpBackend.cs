using System.Globalization;
using LoadBalancer.Comparison.Native;
using LoadBalancer.Comparison.Workloads;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Comparison.Backends;

/// <summary>nginx as the HTTP backend: one process behind two ports of 127.0.0.1, so that every proxy has two endpoints.</summary>
public sealed class HttpBackend : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private HttpBackend(ChildProcess process, IReadOnlyList<int> ports)
    {
        _process = process;
        Ports = ports;
    }

    public IReadOnlyList<int> Ports { get; }

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="program">The path of nginx.</param>
    /// <param name="folder">An existing folder that it may fill.</param>
    /// <param name="threads">Worker processes.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<HttpBackend> StartAsync(string program, string folder, int threads, CancellationToken cancellation)
    {
        foreach (var (name, size) in (ReadOnlySpan<(string, int)>)[("100", 100), ("10k", 10 * 1024), ("1m", 1024 * 1024), ("post", 2)])
        {
            var content = new byte[size];
            content.AsSpan().Fill((byte)'x');
            File.WriteAllBytes(Path.Combine(folder, name), content);
        }
        int[] ports = [TestSupport.Ports.Free(), TestSupport.Ports.Free()];
        var configuration = Path.Combine(folder, "backend.conf");
        await File.WriteAllTextAsync(configuration, Configuration(folder, ports, threads), cancellation);
        var process = ChildProcess.Start(program, ["-c", configuration, "-p", folder, "-e", "stderr"]);
        var backend = new HttpBackend(process, ports);
        try
        {
            foreach (var port in ports)
            {
                await Readiness.WaitAsync(Workload.All[0], port, process, "the nginx backend", cancellation);
            }
            return backend;
        }
        catch
        {
            await backend.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => Ending.EndAsync(_process);

    // A POST is answered when its body has been read, as an application would: "mirror" reads it, and the file that
    // refuses a POST with 405 leads to the answer. A bare "return" would answer while the body is still coming.
    private static string Configuration(string folder, IEnumerable<int> ports, int threads) => string.Create(CultureInfo.InvariantCulture, $$"""
        daemon off;
        worker_processes {{threads}};
        pid {{folder}}/backend.pid;
        error_log stderr error;
        {{(Libc.EffectiveUser() == 0 ? "user root;" : "")}}
        events { worker_connections 8192; }
        http {
            access_log off;
            sendfile on;
            tcp_nopush on;
            keepalive_timeout 300s;
            keepalive_requests 1000000000;
            open_file_cache max=16;
            client_header_buffer_size 16k;
            client_body_buffer_size 64k;
            client_body_temp_path {{folder}}/body;
            proxy_temp_path {{folder}}/proxy;
            fastcgi_temp_path {{folder}}/fastcgi;
            server {
                {{string.Join("\n        ", ports.Select(port => $"listen 127.0.0.1:{port} backlog=4096 reuseport;"))}}
                root {{folder}};
                location = /post { mirror /read; error_page 405 =200 @done; }
                location = /read { internal; return 204; }
                location @done { return 200 "ok"; }
            }
        }
        """);
}
