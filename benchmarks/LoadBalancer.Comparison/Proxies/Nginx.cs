using System.Globalization;
using LoadBalancer.Comparison.Native;
using LoadBalancer.Comparison.Workloads;

namespace LoadBalancer.Comparison.Proxies;

/// <summary>nginx with what a careful operator sets for speed, and nothing that costs.</summary>
/// <param name="program">The path of nginx.</param>
/// <param name="streamModule">The path of ngx_stream_module.so, "" when it is built in, null when there is none: no TCP then.</param>
public sealed class Nginx(string program, string? streamModule) : IProxy
{
    /// <inheritdoc/>
    public string Name => "nginx";

    /// <inheritdoc/>
    public bool IsYardstick => true;

    /// <inheritdoc/>
    public bool Serves(Workload workload) => workload.Kind == WorkloadKind.Http || streamModule is not null;

    /// <inheritdoc/>
    public LaunchPlan Prepare(ProxySite site)
    {
        var file = Path.Combine(site.Folder, "nginx.conf");
        File.WriteAllText(file, Configuration(site));
        return new LaunchPlan(program, ["-c", file, "-p", site.Folder, "-e", "stderr"]);
    }

    private string Configuration(ProxySite site) => string.Create(CultureInfo.InvariantCulture, $$"""
        {{(site.Kind != WorkloadKind.Http && streamModule is { Length: > 0 } ? $"load_module {streamModule};" : "")}}
        daemon off;
        worker_processes {{site.Threads}};
        pid {{site.Folder}}/nginx.pid;
        error_log stderr error;
        {{(Libc.EffectiveUser() == 0 ? "user root;" : "")}}
        events { worker_connections {{(4 * site.Connections) + 1024}}; }
        {{(site.Kind == WorkloadKind.Http ? Http(site) : Stream(site))}}

        """);

    // The buffers hold a 10 KB answer in one piece; a longer one is streamed and never written to disk.
    private static string Http(ProxySite site) => string.Create(CultureInfo.InvariantCulture, $$"""
        http {
            access_log off;
            keepalive_timeout 60s;
            keepalive_requests 1000000000;
            client_body_buffer_size 64k;
            client_body_temp_path {{site.Folder}}/body;
            proxy_temp_path {{site.Folder}}/proxy;
            fastcgi_temp_path {{site.Folder}}/fastcgi;
            upstream bench {
                {{Servers(site)}}
                keepalive {{Math.Max(256, site.Connections)}};
                keepalive_requests 1000000000;
            }
            server {
                listen 127.0.0.1:{{site.Port}} backlog=4096 reuseport;
                location / {
                    proxy_pass http://bench;
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_set_header Host $http_host;
                    proxy_buffer_size 16k;
                    proxy_buffers 8 32k;
                    proxy_max_temp_file_size 0;
                }
            }
        }
        """);

    private static string Stream(ProxySite site) => string.Create(CultureInfo.InvariantCulture, $$"""
        stream {
            upstream bench {
                {{Servers(site)}}
            }
            server {
                listen 127.0.0.1:{{site.Port}} backlog=4096 reuseport;
                proxy_pass bench;
                proxy_buffer_size 64k;
            }
        }
        """);

    private static string Servers(ProxySite site) => string.Join("\n        ", site.BackendPorts.Select(port => $"server 127.0.0.1:{port};"));
}
